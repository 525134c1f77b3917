import { contract } from '#shared/contract/contract.ts';
import type { ParsedQuery } from '#shared/contract/operation-definition.ts';
import { selectFields } from '#shared/contract/selection.ts';
import { type EventFilter, listEvents } from '../../../database/events.ts';
import type { ReadDb } from '../../../database/handle.ts';
import { seqAt, seqBefore } from '../../../database/history.ts';
import { pageOfServices, type ServicesQuery } from './list-services.ts';
import { positionOf, toPage } from './pages.ts';
import { servicesAt } from './past.ts';

export type EventsQuery = ParsedQuery<typeof contract.events.list>;

/** What a query says of events, with its moments and its cursor as numbers of events. */
function wantedEvents(db: ReadDb, query: EventsQuery): Omit<EventFilter, 'limit'> {
  const { order, after, since, until, type: types, subject, actor, cursor } = query;
  const place = positionOf(cursor, order)?.key;
  const from = [after, typeof since === 'string' ? seqBefore(db, since) : (since ?? 0)];
  const upTo = [typeof until === 'string' ? seqAt(db, until) : (until ?? Number.MAX_SAFE_INTEGER)];
  if (typeof place === 'number') (order === 'asc' ? from : upTo).push(order === 'asc' ? place : place - 1);
  return { order, after: Math.max(...from), upTo: Math.min(...upTo), types, subject, actor };
}

export function readEvents(db: ReadDb, query: EventsQuery) {
  const { limit, order } = query;
  const rows = listEvents(db, { ...wantedEvents(db, query), limit: limit + 1 });
  return toPage(rows, { limit, sort: order, at: ({ seq }) => ({ key: seq, id: '' }) });
}

/** What may take longer than the loop of a module can spare, by the names that the threads of a `ReaderPool` know. */
export const longReads = {
  events: (db: ReadDb, query: EventsQuery): object => {
    const page = readEvents(db, query);
    return query.fields === undefined ? page : selectFields(contract.events.list, page, query.fields);
  },
  servicesAt: (db: ReadDb, query: ServicesQuery): object => {
    const page = pageOfServices(query.at === undefined ? [] : servicesAt(db, query.at), query);
    return query.fields === undefined ? page : selectFields(contract.services.list, page, query.fields);
  },
};
export type LongReads = typeof longReads;
