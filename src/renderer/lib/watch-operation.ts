import type { Operation } from '#shared/contract/operations.ts';
import { client } from './connection.ts';
import { recentEvents } from './live.ts';

/** Milliseconds between looks, for when the event that tells of the end does not come. */
const lookEveryMs = 3000;
/** The same where somebody watches the steps. */
const watchEveryMs = 400;

export function isOver(operation: Operation): boolean {
  return operation.status !== 'pending' && operation.status !== 'running';
}

/**
 * Answers when the operation has ended: by its event, or by looking now and then. Who gives `onLook` sees it as it goes, several
 * times a second, the end included.
 */
export async function operationEnd(operation: Operation, onLook?: (operation: Operation) => void): Promise<Operation> {
  let current = operation;
  onLook?.(current);
  while (!isOver(current)) {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const timer = setTimeout(done, onLook === undefined ? lookEveryMs : watchEveryMs);
      const unsubscribe = recentEvents.subscribe(() => {
        const event = recentEvents.get()?.at(-1);
        if (event?.type === 'operation.finished') done();
      });
    });
    current = await client.operations.get({ id: operation.id });
    onLook?.(current);
  }
  return current;
}
