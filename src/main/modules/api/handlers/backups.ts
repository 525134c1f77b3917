import { contract } from '#shared/contract/contract.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf } from '../actors.ts';
import type { Backups } from '../backups.ts';
import { decodeCursor, toPage } from '../pages.ts';

export function backupHandlers(backups: Backups): Handler[] {
  return [
    handle(contract.backups.list, ({ query }) => {
      const before = decodeCursor(query.cursor);
      const rows = backups.list().filter(({ name }) => before === undefined || name < before);
      return toPage(rows.slice(0, query.limit + 1), query.limit, ({ name }) => name);
    }),
    handle(contract.backups.make, (call) => backups.make(actorOf(call.principal))),
  ];
}
