import { ClosError } from '#shared/contract/clos-error.ts';
import { grantLease } from '../../ports/leases.ts';
import { rememberService } from '../../state/service-before.ts';
import { conflictSentence } from '../conflict-record.ts';
import { type Resolution, recordResolved, type WayOut, wantingEndpoint } from './resolution.ts';

function stepOf({ conflict: { wanted }, option: { port }, service }: Resolution): string {
  return `Lease :${port} to ${service.name}/${wanted.endpoint}`;
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict, option, service } = resolution;
  const { port } = option;
  if (port === null) throw new Error(`The option ${option.id} of ${conflict.id} names no port`);
  await command.remember([{ type: 'restore-service', before: rememberService(service) }]);
  await command.step(stepOf(resolution), () =>
    api.db.commit((write) => {
      const wanting = wantingEndpoint(write, resolution);
      const { actor, cause } = command;
      const reason = `reassigned: ${conflictSentence(conflict)}`;
      if (!grantLease(write, wanting.service, { endpoint: wanting.endpoint, port, reason, actor, cause })) {
        throw new ClosError(
          'PORT_CONFLICT',
          `:${port} was leased to another service meanwhile. Look at the conflict again.`,
          {
            extra: { conflicts: [] },
          },
        );
      }
      recordResolved(write, resolution, command);
    }),
  );
};

/** Leases the offered port to the endpoint and closes the conflict, in one transaction. */
export const reassign: WayOut = { steps: (_api, resolution) => [stepOf(resolution)], apply, clears: true };
