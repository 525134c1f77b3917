import type { ContainerEnd, ContainerEvent, EngineEvent } from './types.ts';

/** Reads why a container ended out of its events, which have to come in order: who asked for it was told before. */
export interface EndReader {
  /** The end that this event tells of, if it does. `stopSignal` is the container's own; null is `SIGTERM`. */
  read(event: ContainerEvent, stopSignal: string | null | undefined): ContainerEnd | null;
}

export function createEndReader(): EndReader {
  /** A signal that ends programs was sent: the end that follows was asked for. */
  let asked = false;
  let outOfMemory = false;
  return {
    read(event, stopSignal) {
      switch (event.action) {
        case 'kill':
          asked ||= endsPrograms(event.signal, stopSignal);
          return null;
        case 'stop':
          asked = true;
          return null;
        case 'oom':
          outOfMemory = true;
          return null;
        case 'start':
          asked = false;
          outOfMemory = false;
          return null;
        case 'die': {
          const exitCode = event.exitCode ?? null;
          const byItself = exitCode === 0 ? 'finished' : 'crashed';
          const cause = asked ? 'stopped' : outOfMemory ? 'out-of-memory' : byItself;
          asked = false;
          outOfMemory = false;
          return { cause, exitCode, time: event.time };
        }
        default:
          return null;
      }
    },
  };
}

/** The last end of every container of which these events tell one. */
export function lastEnds(
  events: readonly EngineEvent[],
  stopSignalOf: (id: string) => string | null | undefined,
): Map<string, ContainerEnd> {
  const readers = new Map<string, EndReader>();
  const ends = new Map<string, ContainerEnd>();
  for (const event of events) {
    if (event.type !== 'container') continue;
    const reader = readers.get(event.id) ?? createEndReader();
    readers.set(event.id, reader);
    const end = reader.read(event, stopSignalOf(event.id));
    if (end !== null) ends.set(event.id, end);
  }
  return ends;
}

const signalNumbers: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  TERM: 15,
  WINCH: 28,
};
const endings = new Set([2, 3, 9, 15]);

/** Whether a signal asks a program to end, rather than to reload: the usual four, and the container's own stop signal. */
function endsPrograms(signal: string | undefined, stopSignal: string | null | undefined): boolean {
  const number = toNumber(signal);
  return number === null || endings.has(number) || number === toNumber(stopSignal ?? 'TERM');
}

function toNumber(signal: string | undefined): number | null {
  if (signal === undefined || signal === '') return null;
  const number = Number(signal);
  return Number.isInteger(number) ? number : (signalNumbers[signal.toUpperCase().replace(/^SIG/, '')] ?? 0);
}
