import { ClosError } from '#shared/contract/clos-error.ts';

/** How often a port is looked for again when somebody takes it between the look and the lease. */
const attempts = 5;

/** Those who need any free port, one after the other: looked for at the same time, the same port would be found for all. */
export interface Allocation {
  /** Looks and leases in one turn. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** The same, again while the work resolves with null: somebody who did not wait for a turn was quicker. */
  untilHad<T>(whom: string, work: () => Promise<T | null>): Promise<T>;
}

export function createAllocation(): Allocation {
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    inTurn,
    async untilHad(whom, work) {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const had = await inTurn(work);
        if (had !== null) return had;
      }
      throw noneStaysFree(whom);
    },
  };
}

export function noneStaysFree(whom: string): ClosError {
  return new ClosError('RANGE_EXHAUSTED', `No port stayed free long enough for ${whom}. Try again.`);
}
