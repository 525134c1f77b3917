import { fileURLToPath } from 'node:url';
import { type MessagePortMain, utilityProcess } from 'electron';
import type { ModuleName } from '#shared/contract/access.ts';
import type { ModuleStarter } from '../supervisor/starter.ts';

/** Starts modules as Electron's utility processes, which can be handed message ports. */
export function utilityStarter(entryOf: (name: ModuleName) => URL): ModuleStarter {
  return {
    start(name) {
      const child = utilityProcess.fork(fileURLToPath(entryOf(name)), [], {
        serviceName: `CLOS ${name}`,
        stdio: 'inherit',
      });
      let ended = false;
      child.once('exit', () => {
        ended = true;
      });
      return {
        // Known only once it runs; until then the supervisor shows none.
        get pid() {
          return child.pid ?? null;
        },
        send(message, transfer = []) {
          // The supervisor hands over only the ports that `attachPort` was given.
          if (!ended) child.postMessage(message, transfer as MessagePortMain[]);
        },
        onMessage: (listener) => void child.on('message', listener),
        onExit: (listener) => void child.once('exit', (code) => listener({ code, signal: null })),
        kill() {
          // `kill` of a utility process is SIGTERM, which a module ignores: its end is ordered over the channel.
          if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
        },
      };
    },
  };
}
