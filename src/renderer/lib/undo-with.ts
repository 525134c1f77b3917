import { markStale } from './invalidator.ts';
import { tellFailure } from './tell.ts';
import { showToast } from './toasts.ts';

/** Takes a change back by its opposite, reads anew what that makes old, and tells how it went. */
export function undoWith(opposite: () => Promise<unknown>, stale: readonly string[]): () => void {
  return () => {
    opposite()
      .then(
        () => showToast({ tone: 'plain', title: 'Undone' }),
        (error: unknown) => tellFailure('It could not be undone', error),
      )
      .finally(() => markStale(stale));
  };
}
