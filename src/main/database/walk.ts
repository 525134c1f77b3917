import type { Order } from '#shared/contract/primitives.ts';
import type { Parameters } from './handle.ts';

export interface Query {
  sql: string;
  parameters: Parameters;
}

/** Which part of a list is wanted. */
export interface Range {
  limit: number;
  /** By id, which is by time: newest first unless said otherwise. */
  order?: Order | undefined;
  /** The id that the page before ended with. */
  from?: string | undefined;
}

/** One thing that may be asked for: a comparison of a column with a parameter, left out where there is no value for it. */
interface Condition {
  sql: string;
  value: Readonly<Record<string, string | undefined>>;
}

/**
 * A page of a table by its ids, as SQL that walks one index in the order of the answer and stops after `limit` rows.
 *
 * That is the index of the first condition that is asked for, (column, id); the planner knows no frequencies, so a `+` keeps it
 * from the others (sqlite.org/optoverview.html, 4.1).
 */
export function walk(
  table: string,
  { limit, order = 'desc', from, where }: Range & { where: readonly Condition[] },
): Query {
  const asked = where.filter(({ value }) => Object.values(value).every((one) => one !== undefined));
  const conditions = [
    ...asked.map(({ sql }, index) => (index === 0 || sql.startsWith('+') ? sql : `+${sql}`)),
    ...(from === undefined ? [] : [`id ${order === 'asc' ? '>' : '<'} @from`]),
  ];
  const parameters = Object.assign({ limit }, ...asked.map(({ value }) => value), from === undefined ? {} : { from });
  return {
    sql: `SELECT * FROM ${table} WHERE ${conditions.join(' AND ') || '1'} ORDER BY id ${order} LIMIT @limit`,
    parameters,
  };
}
