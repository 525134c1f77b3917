import type { ModuleName } from '#shared/contract/access.ts';
import type { ModuleDefinition } from './module.ts';
import { hostModule } from './module-host.ts';
import type { ModuleStarter } from './starter.ts';

/**
 * Starts modules in this very process, for tests. Messages are copied and arrive later, as between processes; only `kill` is
 * gentler, since nothing can be ended by force here.
 */
export function inProcessStarter(definitions: Readonly<Record<ModuleName, ModuleDefinition>>): ModuleStarter {
  return {
    start(name) {
      let toSupervisor: (message: unknown) => void = () => undefined;
      let toModule: (message: unknown) => void = () => undefined;
      let closed: () => void = () => undefined;
      let exited: (end: { code: number | null; signal: string | null }) => void = () => undefined;
      hostModule(definitions[name], {
        kind: 'in-process',
        channel: {
          send: (message) => void setImmediate(() => toSupervisor(structuredClone(message))),
          onMessage: (listener) => {
            toModule = (message) => listener(message, []);
          },
          onClose: (listener) => {
            closed = listener;
          },
        },
        ended: (code) => void setImmediate(() => exited({ code, signal: null })),
      });
      return {
        pid: process.pid,
        send: (message) => void setImmediate(() => toModule(structuredClone(message))),
        onMessage: (listener) => {
          toSupervisor = listener;
        },
        onExit: (listener) => {
          exited = listener;
        },
        kill: () => closed(),
      };
    },
  };
}
