import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import { commandLines } from './commands.ts';
import { client } from './connection.ts';
import { markStale } from './invalidator.ts';
import type { Protocol } from './port-state.ts';
import { tellFailure, tellOutcome } from './tell.ts';
import { type OperationRun, useOperationRun, watchAfterSeconds } from './use-operation-run.ts';

/** Whoever listens on this port. */
export interface AdoptInput {
  port: number;
  protocol: Protocol;
  /** The service's name; the project's or the program's unless given. */
  name?: string | undefined;
}

/** Makes a service of what runs already; it goes on running. How it went is told in a note. */
export function useAdopt(): OperationRun<AdoptInput> {
  return useOperationRun(
    async ({ name, ...input }: AdoptInput) => {
      try {
        return await client.services.adopt(
          { ...input, ...(name === undefined ? {} : { name }) },
          { idempotencyKey: newId('req'), waitSeconds: watchAfterSeconds },
        );
      } catch (error) {
        tellFailure(`:${input.port} was not adopted`, error, `port ${input.port}`);
        throw error;
      }
    },
    (operation, { port, protocol, name }) => {
      markStale([contract.services.list.id, contract.ports.map.id, contract.ports.who.id]);
      tellOutcome(operation, {
        done: `${operation.subject.name ?? name ?? `:${port}`} is a service now`,
        failed: `:${port} was not adopted`,
        command: commandLines.adopt(port, protocol, name),
        subject: `port ${port}`,
      });
    },
  );
}
