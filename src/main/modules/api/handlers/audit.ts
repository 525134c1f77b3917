import { contract } from '#shared/contract/contract.ts';
import { listAudit } from '../../../database/audit.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import type { ApiContext } from '../api-context.ts';
import { inPages } from '../reads/in-pages.ts';
import { positionOf, toPage } from '../reads/pages.ts';

export function auditHandlers({ db }: ApiContext): Handler[] {
  const { audit } = contract;
  return [
    handle(audit.list, ({ query: { limit, cursor, order, fields: _fields, ...filter } }) => {
      const rows = listAudit(db.read, { ...filter, limit: limit + 1, order, from: positionOf(cursor, order)?.id });
      return toPage(rows, { limit, sort: order, at: ({ id }) => ({ key: '', id }) });
    }),
    handle(audit.export, ({ query: { format: _format, ...filter } }) =>
      inPages(
        '',
        (from, limit) => listAudit(db.read, { ...filter, limit, order: 'asc', from }),
        ({ id }) => id,
      ),
    ),
  ];
}
