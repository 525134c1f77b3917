import { z } from 'zod';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Page } from '#shared/contract/primitives.ts';

/** Where an item stands in its list: by what the list is sorted by and, among equals, by its id. */
export interface Position {
  key: string | number;
  id: string;
}

const cursorSchema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.string()]);

function encode(sort: string, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString('base64url');
}

function decode(cursor: string): z.output<typeof cursorSchema> | null {
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * The position that a page begins after; undefined without a cursor. Cursors are opaque to callers. They hold a position and not a
 * number of items, so whatever comes or goes meanwhile, no other item is left out or told twice.
 */
export function positionOf(cursor: string | undefined, sort: string): Position | undefined {
  if (cursor === undefined) return undefined;
  const decoded = decode(cursor);
  const message =
    decoded === null
      ? 'must be the nextCursor of a page'
      : decoded[0] === sort
        ? null
        : 'is of a list in another order';
  if (decoded === null || message !== null) {
    throw new ClosError('INVALID_INPUT', `cursor: ${message}`, {
      errors: [{ path: 'cursor', message: message ?? '' }],
    });
  }
  return { key: decoded[1], id: decoded[2] };
}

/** A page of rows that were read, in the order of `sort`, with one more than `limit`. */
export function toPage<T>(
  rows: readonly T[],
  { limit, sort, at }: { limit: number; sort: string; at: (item: T) => Position },
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encode(sort, at(last)) : null };
}

function compare(one: Position, other: Position): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1;
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

/** A page of items that are all in memory: sorted by a field, downwards where `sort` begins with "-". */
export function pageOfAll<T extends { id: string }>(
  all: readonly T[],
  {
    limit,
    sort,
    cursor,
    keyOf,
  }: { limit: number; sort: string; cursor: string | undefined; keyOf: (item: T) => string | number },
): Page<T> {
  const after = positionOf(cursor, sort);
  const direction = sort.startsWith('-') ? -1 : 1;
  const at = (item: T): Position => ({ key: keyOf(item), id: item.id });
  const rows = all
    .filter((item) => after === undefined || direction * compare(at(item), after) > 0)
    .sort((one, other) => direction * compare(at(one), at(other)))
    .slice(0, limit + 1);
  return toPage(rows, { limit, sort, at });
}
