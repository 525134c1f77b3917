import { contract } from '#shared/contract/contract.ts';
import { listLeases, listRanges } from '../../../database/leases.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import type { ApiContext } from '../api-context.ts';
import { decodeCursor, toPage } from '../pages.ts';

export function portHandlers(api: ApiContext): Handler[] {
  const { ports } = contract;
  const resolver = () => api.module.sibling('resolver').internal;
  return [
    handle(ports.leases, (call) => {
      const { limit, cursor } = call.query;
      const after = decodeCursor(cursor);
      const all = listLeases(api.db.read);
      const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
      return toPage(all.slice(start, start + limit + 1), limit, ({ id }) => id);
    }),
    handle(ports.ranges, () => ({ items: listRanges(api.db.read) })),
    handle(ports.check, (call) =>
      resolver().checkPorts({
        wanted: call.body.endpoints.map((endpoint) => ({ ...endpoint, service: null, endpoint: null, range: null })),
      }),
    ),
    handle(ports.suggest, (call) =>
      resolver().suggestPorts({ ...call.query, range: null, protocol: 'tcp', address: '127.0.0.1' }),
    ),
    handle(ports.who, (call) => resolver().describePort({ port: call.params.port })),
  ];
}
