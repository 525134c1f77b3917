import { setTimeout as delay } from 'node:timers/promises';
import { isClosError } from '#shared/contract/clos-error.ts';

/**
 * Asks again until the answer is right, and returns it; what takes longer than the test's own limit fails there. A part of CLOS
 * that is just being restarted is no answer yet; every other failure is one.
 */
export async function eventually<T>(ask: () => Promise<T>, right: (value: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask().then(
      (value) => ({ value }),
      (error: unknown) => {
        if (isClosError(error, 'CLOS_UNREACHABLE', 'MODULE_UNAVAILABLE', 'SHUTTING_DOWN')) return null;
        throw error;
      },
    );
    if (answer !== null && right(answer.value)) return answer.value;
    await delay(20);
  }
}
