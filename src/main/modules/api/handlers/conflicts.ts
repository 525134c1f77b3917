import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import { findConflict, listConflicts } from '../../../database/conflicts.ts';
import { findService } from '../../../database/services.ts';
import { type Handler, handle, handleKept } from '../../../http/handler.ts';
import { actorOf } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { planResolution, resolveConflict } from '../conflicts/resolve-conflict.ts';
import { answerOperation } from '../operations/answer-operation.ts';
import { positionOf, toPage } from '../reads/pages.ts';
import { conflictAt } from '../reads/past.ts';

function find(api: ApiContext, id: string): Conflict {
  const conflict = findConflict(api.db.read, id);
  if (conflict === null) throw new ClosError('CONFLICT_NOT_FOUND', `There is no conflict "${id}".`);
  return conflict;
}

export function conflictHandlers(api: ApiContext): Handler[] {
  const { conflicts } = contract;
  return [
    handleKept(conflicts.list, (call) => {
      const { limit, cursor, order, state, kind, service } = call.query;
      const from = positionOf(cursor, order)?.id;
      const rows = listConflicts(api.db.read, { limit: limit + 1, order, from, state, kind, service });
      return toPage(rows, { limit, sort: order, at: ({ id }) => ({ key: '', id }) });
    }),
    handle(conflicts.get, ({ params: { id }, query: { at } }) =>
      at === undefined ? find(api, id) : conflictAt(api.db.read, id, at),
    ),
    handle(conflicts.resolve, async (call) => {
      const conflict = find(api, call.params.id);
      const service = findService(api.db.read, conflict.wanted.serviceId ?? '');
      if (conflict.state !== 'open' || service === null) {
        const why = service === null ? 'its service was deleted' : `it is ${conflict.state}`;
        throw new ClosError('CONFLICT_CLOSED', `The conflict is no longer open: ${why}.`);
      }
      const actor = actorOf(call.principal);
      const chosen = { conflict, optionId: call.body.option, service };
      if (call.body.dryRun) return await planResolution(api, chosen, actor);
      return answerOperation(call, await resolveConflict(api, chosen, { actor, waitMs: call.waitMs }));
    }),
  ];
}
