import type { WriteDb } from '../../../database/handle.ts';
import { type StoredService, updateLife } from '../../../database/services.ts';
import { outside, type Provenance } from '../access/actors.ts';
import type { Commands } from '../operations/commands.ts';
import { changeHealth, changeStatus } from './life.ts';

/** How something of a service ended. `unseen`: it is gone, and nobody saw how. */
export interface ServiceEnd {
  cause: 'stopped' | 'finished' | 'crashed' | 'out-of-memory' | 'unseen';
  exitCode: number | null;
  /** The signal that ended a process. */
  signal: string | null;
}

export interface EndOptions {
  commands: Commands;
  /** What saw it: the engine, or the process runtime. */
  cause: Provenance['cause'];
  /** Called after an end that a restart policy may answer. */
  onEnd(serviceId: string): void;
}

/** While a command has the service, what happens to it is the command's doing. */
export function provenanceOf(
  service: StoredService,
  { commands, cause }: Pick<EndOptions, 'commands' | 'cause'>,
): Provenance {
  const operation = commands.current(service.id);
  if (operation !== null) return { actor: operation.actor, cause: { type: 'operation', id: operation.id } };
  return { actor: outside, cause };
}

function endWords({ cause, exitCode, signal }: ServiceEnd): string {
  const how = signal === null ? `exit ${exitCode ?? 'unknown'}` : `ended by ${signal}`;
  return cause === 'out-of-memory' ? `out of memory, ${how}` : how;
}

/** Writes what an end means for a service: a stop is told from a crash although both may end in the same number. */
export function recordEnd(
  write: WriteDb,
  service: StoredService,
  { end, ...options }: { end: ServiceEnd } & EndOptions,
): void {
  const busy = options.commands.current(service.id);
  const who = provenanceOf(service, options);
  const { exitCode } = end;
  changeHealth(write, service, { to: 'none', ...who });
  switch (end.cause) {
    case 'stopped': {
      const byHand = busy === null && service.desired === 'running';
      if (byHand) updateLife(write, service.id, { desired: 'stopped' });
      // A command that stops to start again says itself what the service is.
      if (busy === null || busy.type === 'service.stop') {
        const reason = byHand ? 'stopped outside CLOS' : null;
        changeStatus(write, service, { to: 'stopped', reason, exitCode, ...who });
      }
      return;
    }
    case 'finished':
      // With `always` it is still wanted, and the restart policy sees to it.
      if (service.restart.policy !== 'always') updateLife(write, service.id, { desired: 'stopped' });
      changeStatus(write, service, { to: 'stopped', reason: 'ended by itself, exit 0', exitCode, ...who });
      options.onEnd(service.id);
      return;
    case 'unseen':
      updateLife(write, service.id, { desired: 'stopped' });
      changeStatus(write, service, { to: 'stopped', reason: 'ended, and CLOS did not see how', exitCode, ...who });
      return;
    case 'crashed':
    case 'out-of-memory':
      if (service.status === 'failed') return;
      changeStatus(write, service, {
        to: 'failed',
        reason: endWords(end),
        exitCode,
        actor: outside,
        cause: options.cause,
      });
      options.onEnd(service.id);
  }
}
