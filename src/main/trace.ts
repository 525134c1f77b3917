import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The id of the request that everything which happens now follows from: it goes along through promises and timers, into the
 * events of each change that is committed. Outside of a request there is none.
 */
const storage = new AsyncLocalStorage<string>();

export function withTrace<T>(id: string, work: () => T): T {
  return storage.run(id, work);
}

export function currentTrace(): string | null {
  return storage.getStore() ?? null;
}
