import type { IncomingMessage } from 'node:http';
import { startOwned } from '#shared/base/disposal.ts';
import type { Principal } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { openCache } from '../../cache/cache.ts';
import { checkEvents } from '../../database/events.ts';
import { openForReading } from '../../database/handle.ts';
import { homeLabel } from '../../home-label.ts';
import { askApi, bearerToken, moduleKeyVerifier } from '../../http/authenticate.ts';
import { writeRaw } from '../../http/client-errors.ts';
import { type Handler, handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleContext, ModuleDefinition } from '../../supervisor/module.ts';
import { ClientRecords } from './client-records.ts';
import { Connections } from './connections.ts';
import { coreEventLog } from './event-log.ts';
import { Hub } from './hub.ts';
import { readState } from './state.ts';

/** A doorbell may get lost; then the log is looked at after this time. */
const lookAgainMs = 2000;

/** By key or session in the header, or by a one-time ticket in the query, for browsers cannot set headers here. */
function authenticator(context: ModuleContext): (request: IncomingMessage) => Promise<Principal | null> {
  const moduleOf = moduleKeyVerifier(context.serviceKeys);
  const verify = askApi(context);
  return async (request) => {
    const token = bearerToken(request.headers.authorization);
    if (token !== null) return moduleOf(token) ?? verify(token);
    const ticket = new URLSearchParams(request.url?.split('?')[1]).get('ticket');
    if (ticket === null || ticket === '' || ticket.length > 200) return null;
    return (await context.sibling('api').internal.redeemTicket({ ticket })).principal;
  };
}

function handlers(hub: Hub, connections: Connections): Handler[] {
  const { internal } = contract;
  return [
    handle(internal.publishMetrics, ({ body }) => {
      hub.publish(body.metrics);
      return undefined;
    }),
    handle(internal.listConnections, async () => ({ items: await connections.list() })),
    handle(internal.closeConnection, ({ body }) => ({ closed: connections.close(body.id) })),
  ];
}

/** The websocket module: live events for everybody who may read them, and replay for clients that were away. */
export const websocket: ModuleDefinition = {
  name: 'websocket',
  start: (context) =>
    startOwned(async (owned) => {
      const { log } = context;
      const db = openForReading(context.home.coreDb);
      owned.use(() => db.close());
      const hub = new Hub({
        log: coreEventLog(db),
        readState: () => readState(context.sibling('api')),
        onError: (err) => log.error({ err }, 'The log or the present state could not be read'),
      });
      const prefix = `clos:${homeLabel(context.identityKey)}:`;
      const cache = openCache({ redisUrl: context.config.redisUrl, log, prefix });
      owned.use(() => cache.close());
      const connections = new Connections({
        hub,
        authenticate: authenticator(context),
        records: new ClientRecords(cache),
        onError: (err) => log.warn({ err }, 'A client could not be signed in'),
      });
      const server = createModuleServer(context, {
        portName: 'websocket',
        handlers: handlers(hub, connections),
        checks: async () => [checkEvents(db), { name: 'clients', ok: true, detail: String(connections.size) }],
        onUpgrade(request, socket, head) {
          if (request.url?.split('?')[0] === '/ws') connections.upgrade(request, socket, head);
          else writeRaw(socket, new ClosError('ROUTE_NOT_FOUND', 'The WebSocket is at /ws.'));
        },
      });
      owned.use(() => server.close());
      connections.start();
      owned.use(() => connections.stop());
      owned.use(context.bus.onRing(() => hub.advance()));
      const look = setInterval(() => hub.advance(), lookAgainMs);
      look.unref();
      owned.use(() => clearInterval(look));
      return { ports: await server.listen(), stop: () => owned.dispose() };
    }),
};
