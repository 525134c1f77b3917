import { fork } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModuleName } from '#shared/contract/access.ts';
import type { ModuleStarter } from './starter.ts';

/**
 * Compiled code is kept for the next start, which halves the time that six processes need to be ready. In the user's own cache
 * folder, never in a shared temporary one: what lies there is run.
 */
function compileCache(): string {
  return (
    process.env.NODE_COMPILE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'clos', 'compiled')
  );
}

/** Starts modules as Node child processes: `clos serve`. */
export function nodeStarter(entryOf: (name: ModuleName) => URL): ModuleStarter {
  return {
    start(name) {
      const child = fork(fileURLToPath(entryOf(name)), [], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        serialization: 'json',
        execArgv: [],
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
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
