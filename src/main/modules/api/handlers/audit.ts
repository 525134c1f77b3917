import { contract } from '#shared/contract/contract.ts';
import { listAudit } from '../../../database/audit.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import type { ApiContext } from '../api-context.ts';
import { inPages } from '../in-pages.ts';
import { decodeCursor, toPage } from '../pages.ts';

export function auditHandlers({ db }: ApiContext): Handler[] {
  const { audit } = contract;
  return [
    handle(audit.list, ({ query: { limit, cursor, ...filter } }) => {
      const rows = listAudit(db.read, { limit: limit + 1, before: decodeCursor(cursor) }, filter);
      return toPage(rows, limit, ({ id }) => id);
    }),
    handle(audit.export, ({ query: { format: _format, ...filter } }) =>
      inPages(
        '',
        (after, limit) => listAudit(db.read, { limit, after }, filter),
        ({ id }) => id,
      ),
    ),
  ];
}
