import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ModuleName } from '#shared/contract/access.ts';
import type { ModuleStarter } from './starter.ts';

/** Starts modules as Node child processes: `clos serve`. */
export function nodeStarter(entryOf: (name: ModuleName) => URL): ModuleStarter {
  return {
    start(name) {
      const child = fork(fileURLToPath(entryOf(name)), [], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        serialization: 'json',
        execArgv: [],
      });
      return {
        pid: child.pid ?? null,
        send(message) {
          if (child.connected) child.send(message as object, () => undefined);
        },
        onMessage: (listener) => void child.on('message', listener),
        onExit(listener) {
          let told = false;
          const tell = (code: number | null, signal: string | null) => {
            if (told) return;
            told = true;
            listener({ code, signal });
          };
          child.on('exit', tell);
          child.on('error', () => tell(null, null));
        },
        kill: () => void child.kill('SIGKILL'),
      };
    },
  };
}
