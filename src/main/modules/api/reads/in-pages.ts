import { setImmediate as turn } from 'node:timers/promises';

const pageSize = 200;

/**
 * All rows of a query that can be read from a position on, a page in each turn of the loop, so that a long history never holds up
 * anybody. `read` gets the position after which to read and how much.
 */
export async function* inPages<T, P>(
  start: P,
  read: (after: P, limit: number) => readonly T[],
  positionOf: (row: T) => P,
): AsyncGenerator<T> {
  let after = start;
  for (;;) {
    const rows = read(after, pageSize);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    after = positionOf(last);
    await turn();
  }
}
