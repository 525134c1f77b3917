import { ClosError } from '#shared/contract/clos-error.ts';
import type { Page } from '#shared/contract/primitives.ts';

/** Cursors are opaque to callers: the last page's end, as base64url. */
export function encodeCursor(value: string): string {
  return Buffer.from(value).toString('base64url');
}

export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const value = Buffer.from(cursor, 'base64url').toString();
  if (value !== '' && encodeCursor(value) === cursor) return value;
  throw new ClosError('INVALID_INPUT', 'cursor: is not one of ours', {
    errors: [{ path: 'cursor', message: 'must be the nextCursor of a page' }],
  });
}

/** A page of rows that were read with one more than `limit`. */
export function toPage<T>(rows: readonly T[], limit: number, positionOf: (item: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null };
}
