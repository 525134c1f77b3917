import { z } from 'zod';
import type { FromModule } from './messages.ts';
import type { ModuleDefinition, ModulePort } from './module.ts';
import { type HostChannel, hostModule } from './module-host.ts';

/** The part of Electron's `process.parentPort` that is used; it is there only in a utility process. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports: ModulePort[] }) => void): void;
  on(event: 'close', listener: () => void): void;
}

function parentPort(): ParentPort | null {
  return 'parentPort' in process && process.parentPort ? (process.parentPort as unknown as ParentPort) : null;
}

function utilityChannel(port: ParentPort): HostChannel {
  return {
    send: (message: FromModule) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (event) => listener(event.data, event.ports)),
    onClose: (listener) => port.on('close', listener),
  };
}

function childChannel(): HostChannel {
  return {
    send: (message: FromModule) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => process.on('message', (message) => listener(message, [])),
    onClose: (listener) => process.on('disconnect', listener),
  };
}

/** A module that cannot stop within this time is ended; the supervisor would do the same. */
const stopLimitMs = z.coerce.number().int().min(100).catch(8000);

/**
 * The body of every `<name>.entry.ts`: runs the module as a process of its own under a supervisor, and ends with it.
 *
 * A defect that nobody caught ends the process: the supervisor starts a clean one, and what was acknowledged is on disk.
 */
export function runAsProcess(definition: ModuleDefinition): void {
  const port = parentPort();
  const limit = stopLimitMs.parse(process.env.CLOS_STOP_LIMIT_MS);
  // Ctrl-C in a terminal reaches the whole process group; the order to stop comes from the supervisor.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  const channel = port === null ? childChannel() : utilityChannel(port);
  channel.onClose(() => setTimeout(() => process.exit(1), limit).unref());
  hostModule(definition, {
    channel,
    kind: port === null ? 'node' : 'utility',
    ended: (code) => {
      process.exitCode = code;
      // What the log still holds is written before the end.
      setImmediate(() => process.exit(code));
    },
  });
}
