import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { listEvents } from '../../../database/events.ts';
import { findOperation, listOperations, listOperationsAfter } from '../../../database/operations.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf } from '../actors.ts';
import { answerOperation } from '../answer-operation.ts';
import type { ApiContext } from '../api-context.ts';
import { inPages } from '../in-pages.ts';
import { decodeCursor, toPage } from '../pages.ts';
import { planUndo, undoOperation } from '../undo.ts';

function find(api: ApiContext, id: string): Operation {
  const operation = api.commands.find(id) ?? findOperation(api.db.read, id);
  if (operation === null) throw new ClosError('OPERATION_NOT_FOUND', `There is no operation "${id}".`);
  return operation;
}

/** Operations and events. A running operation is shown with its latest steps, which are not on disk yet. */
export function historyHandlers(api: ApiContext): Handler[] {
  const { operations, events } = contract;
  return [
    handle(operations.list, (call) => {
      const { limit, cursor, subject, status } = call.query;
      const rows = listOperations(api.db.read, { subject, status, limit: limit + 1, before: decodeCursor(cursor) });
      const latest = rows.map((row) => api.commands.find(row.id) ?? row);
      return toPage(latest, limit, ({ id }) => id);
    }),
    handle(operations.export, ({ query: { subject } }) =>
      inPages(
        '',
        (after, limit) => listOperationsAfter(api.db.read, { after, limit, subject }),
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
        (after, limit) => listEvents(api.db.read, { after, limit, type, subject }),
        ({ seq }) => seq,
      ),
    ),
    handle(events.list, (call) => {
      const { limit, after, type, subject } = call.query;
      const rows = listEvents(api.db.read, { after, limit: limit + 1, type, subject });
      return toPage(rows, limit, ({ seq }) => String(seq));
    }),
  ];
}
