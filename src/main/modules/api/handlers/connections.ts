import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import type { ApiContext } from '../api-context.ts';
import { pageOfAll } from '../reads/pages.ts';

/** The live connections, which the websocket module has. */
export function connectionHandlers({ module }: ApiContext): Handler[] {
  const { connections } = contract;
  const websocket = () => module.sibling('websocket').internal;
  return [
    handle(connections.list, async (call) => {
      const { limit, cursor } = call.query;
      const { items } = await websocket().listConnections({});
      return pageOfAll(items, { limit, cursor, sort: 'id', keyOf: ({ id }) => id });
    }),
    handle(connections.close, async (call) => {
      const { id } = call.params;
      const { closed } = await websocket().closeConnection({ id });
      if (!closed) throw new ClosError('NOT_FOUND', `There is no connection "${id}" now.`);
      return undefined;
    }),
  ];
}
