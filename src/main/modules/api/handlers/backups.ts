import { contract } from '#shared/contract/contract.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf } from '../access/actors.ts';
import { positionOf, toPage } from '../reads/pages.ts';
import type { Backups } from '../upkeep/backups.ts';

/** Their names begin with their time. */
const sort = 'desc';

export function backupHandlers(backups: Backups): Handler[] {
  return [
    handle(contract.backups.list, ({ query: { limit, cursor } }) => {
      const before = positionOf(cursor, sort)?.id;
      const rows = backups.list().filter(({ name }) => before === undefined || name < before);
      return toPage(rows.slice(0, limit + 1), { limit, sort, at: ({ name }) => ({ key: '', id: name }) });
    }),
    handle(contract.backups.make, (call) => backups.make(actorOf(call.principal))),
  ];
}
