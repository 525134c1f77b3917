import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { Service, ServiceStatus } from '#shared/contract/services.ts';
import { commandLines } from '../../lib/commands.ts';
import { conflictIn, keepConflict } from '../../lib/conflict-in.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { listQuery, queryClient } from '../../lib/query.ts';
import { tellFailure, tellOutcome } from '../../lib/tell.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { operationEnd } from '../../lib/watch-operation.ts';

export type ServiceCommand = 'start' | 'stop' | 'restart';

export const commandWords: Record<
  ServiceCommand,
  { label: string; done: string; failed: string; meanwhile: ServiceStatus }
> = {
  start: { label: 'Start', done: 'is running', failed: 'could not be started', meanwhile: 'starting' },
  stop: { label: 'Stop', done: 'is stopped', failed: 'could not be stopped', meanwhile: 'stopping' },
  restart: { label: 'Restart', done: 'was restarted', failed: 'could not be restarted', meanwhile: 'starting' },
};

/** Seconds that the server may keep the answer back before it says "running". */
const waitSeconds = 5;

export function mayRun(command: ServiceCommand, service: Service): boolean {
  if (service.runtime.type === 'external') return false;
  if (service.waits) return command === 'stop' || command === 'start';
  const up = service.status === 'running' || service.status === 'unhealthy';
  const moving = service.status === 'starting' || service.status === 'stopping';
  switch (command) {
    case 'start':
      return !up && !moving;
    case 'stop':
      return up || service.status === 'starting' || service.status === 'unknown';
    case 'restart':
      return up || service.status === 'failed';
  }
}

/** Shows at once what is about to be; the events that follow tell what came of it. */
function showMeanwhile(service: Service, status: ServiceStatus): void {
  const change = (known: Service): Service =>
    known.id === service.id ? { ...known, status, statusReason: null, statusSince: new Date().toISOString() } : known;
  queryClient.setQueryData(listQuery(contract.services.list).queryKey, (list) => list?.map(change));
  queryClient.setQueriesData<Service>({ queryKey: [contract.services.get.id] }, (known) => known && change(known));
}

/** Start, stop and restart, the same from rows, keys, inspector and palette: a conflict opens its card, all else ends in a note. */
export function useServiceCommands(): (command: ServiceCommand, service: Service) => void {
  const conflictDialog = useConflictDialog();

  const tell = (command: ServiceCommand, service: Service, operation: Operation) => {
    const words = commandWords[command];
    const [conflict] = operation.conflicts;
    if (operation.status !== 'succeeded' && conflict !== undefined) {
      conflictDialog.open(conflict);
      return;
    }
    tellOutcome(operation, {
      done: `${service.name} ${words.done}`,
      failed: `${service.name} ${words.failed}`,
      command: commandLines[command](service.name),
      subject: service.id,
    });
  };

  const run = async (command: ServiceCommand, service: Service) => {
    showMeanwhile(service, commandWords[command].meanwhile);
    try {
      const options = { idempotencyKey: newId('req'), waitSeconds };
      const operation = await client.services[command]({ id: service.id }, options);
      tell(command, service, await operationEnd(operation));
    } catch (error) {
      const conflict = conflictIn(error);
      if (conflict !== null) {
        keepConflict(conflict);
        conflictDialog.open(conflict.id);
        return;
      }
      tellFailure(`${service.name} ${commandWords[command].failed}`, error, service.id);
    } finally {
      markStale([contract.services.list.id, contract.services.get.id]);
    }
  };

  return (command, service) => {
    if (mayRun(command, service)) void run(command, service);
  };
}
