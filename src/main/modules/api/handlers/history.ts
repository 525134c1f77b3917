import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { listEvents } from '../../../database/events.ts';
import { findOperation, listOperations } from '../../../database/operations.ts';
import { type Handler, handle, ReadyJson } from '../../../http/handler.ts';
import { actorOf } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { answerOperation } from '../operations/answer-operation.ts';
import { planUndo, undoOperation } from '../operations/undo.ts';
import { inPages } from '../reads/in-pages.ts';
import { type EventsQuery, readEvents } from '../reads/long-reads.ts';
import { positionOf, toPage } from '../reads/pages.ts';

function find(api: ApiContext, id: string): Operation {
  const operation = api.commands.find(id) ?? findOperation(api.db.read, id);
  if (operation === null) throw new ClosError('OPERATION_NOT_FOUND', `There is no operation "${id}".`);
  return operation;
}

/** One walk along one index, with few events to put together: what a window asks for first. */
function isShort({ limit, type, subject, actor }: EventsQuery): boolean {
  return limit <= 100 && [type, subject, actor].filter((one) => one !== undefined).length <= 1;
}

/** Operations and events. A running operation is shown with its latest steps, which are not on disk yet. */
export function historyHandlers(api: ApiContext): Handler[] {
  const { operations, events } = contract;
  return [
    handle(operations.list, (call) => {
      const { limit, cursor, order, subject, actor, status, type } = call.query;
      const from = positionOf(cursor, order)?.id;
      const rows = listOperations(api.db.read, { limit: limit + 1, order, from, subject, actor, status, type });
      const latest = rows.map((row) => api.commands.find(row.id) ?? row);
      return toPage(latest, { limit, sort: order, at: ({ id }) => ({ key: '', id }) });
    }),
    handle(operations.export, ({ query: { subject } }) =>
      inPages(
        '',
        (after, limit) => listOperations(api.db.read, { from: after, limit, order: 'asc', subject }),
        ({ id }) => id,
      ),
    ),
    handle(operations.get, (call) => find(api, call.params.id)),
    handle(operations.cancel, (call) => {
      const { id } = call.params;
      const operation = find(api, id);
      if (api.commands.cancel(id, actorOf(call.principal))) return operation;
      throw new ClosError('NOT_CANCELLABLE', `It has ended: it ${operation.status}.`);
    }),
    handle(operations.undo, async (call) => {
      const operation = find(api, call.params.id);
      const actor = actorOf(call.principal);
      if (call.body.dryRun) return planUndo(api, operation, actor);
      return answerOperation(call, await undoOperation(api, operation, { actor, waitMs: call.waitMs }));
    }),
    handle(events.export, ({ query: { after: start, type, subject } }) =>
      inPages(
        start,
        (after, limit) => listEvents(api.db.read, { after, limit, types: type, subject }),
        ({ seq }) => seq,
      ),
    ),
    handle(events.list, async ({ query, signal }) =>
      isShort(query) ? readEvents(api.db.read, query) : new ReadyJson(await api.readers.read('events', query, signal)),
    ),
  ];
}
