import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Home } from '#shared/node/home.ts';
import { findOwnFile } from '../own-file.ts';
import type { Damage } from './damage.ts';

/** Looks at the core database of a home, see `findDamage`. Until it is over, nobody may open that database. */
export type Look = (home: Home) => Promise<Damage | null>;

/** Begins a thread that is told its home later: by then it is up. Where there is no thread to be had, the look is taken in this one. */
export function prepareLook(thread: string = findOwnFile('database/damage.worker.ts')): Look {
  const worker = new Worker(thread, { execArgv: [] });
  const answer = once(worker, 'message') as Promise<[Damage | null]>;
  // Whoever asks for it sees it fail; until then nobody need ask, nor is a process kept alive by it.
  answer.catch(() => undefined);
  worker.unref();
  return async (home) => {
    worker.ref();
    worker.postMessage(home.root);
    try {
      const [damage] = await answer;
      return damage;
    } catch {
      const { findDamage } = await import('./damage.ts');
      return findDamage(home);
    }
  };
}
