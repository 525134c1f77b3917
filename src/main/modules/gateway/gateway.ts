import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { startOwned } from '#shared/base/disposal.ts';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { dataVersion, openForReading } from '../../database/handle.ts';
import { readRouting } from '../../database/routing.ts';
import { homeLabel } from '../../home-label.ts';
import { bindLoopback } from '../../http/bind.ts';
import { writeRaw } from '../../http/client-errors.ts';
import { type Handler, handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { BoundPorts, ModuleContext, ModuleDefinition } from '../../supervisor/module.ts';
import { answerProblem } from './answer.ts';
import { serveDashboard } from './dashboard/dashboard.ts';
import { watchStaticFiles } from './dashboard/static-files.ts';
import { type Answers, closerOf, createDoor, type Upgrade } from './door.ts';
import { answerNames, type Surroundings } from './pages/pages.ts';
import { wantsPage } from './pages/visits.ts';
import { ModuleProxy } from './proxy/module-proxy.ts';
import { Pools } from './proxy/pools.ts';
import { ServiceProxy } from './proxy/service-proxy.ts';
import { tunnelUpgrade } from './proxy/tunnel.ts';
import { Balancer } from './routing/balancer.ts';
import { Families } from './routing/families.ts';
import { LiveTable } from './routing/live-table.ts';
import { Readiness } from './routing/readiness.ts';
import { isUnder } from './routing/routing-table.ts';
import { AccessLog } from './traffic/access-log.ts';
import { Meters } from './traffic/meter.ts';
import { RateLimits } from './traffic/rate-limit.ts';
import { TrafficNews } from './traffic/traffic-news.ts';

/** What every module answers about itself. */
const ownPaths = ['/livez', '/readyz', '/health'];
/** Paths that mean something on other ports of CLOS, so that they are never taken for a page. */
const reservedPaths = ['/internal', '/metrics', '/ws'];

function openTable(context: ModuleContext, read: Parameters<typeof readRouting>[0]): LiveTable {
  return new LiveTable({
    read: () => readRouting(read),
    version: () => dataVersion(read),
    onError: (err) => context.log.error({ err }, 'The routes could not be read'),
  });
}

function handlers(meters: Meters, log: AccessLog): Handler[] {
  const { internal } = contract;
  return [
    handle(internal.routeTraffic, () => ({ items: meters.list() })),
    handle(internal.routeRequests, ({ body }) => ({ items: log.list(body) })),
  ];
}

/**
 * The gateway module: the one door for browsers and scripts. Under CLOS's own names `/api` goes to the api and `/ws` to the
 * websocket; every other `<name>.localhost` belongs to a service as a whole. A second port serves the dashboard on an origin that
 * it shares with nobody.
 */
export const gateway: ModuleDefinition = {
  name: 'gateway',
  start: (context) =>
    startOwned(async (owned) => {
      const { config, home } = context;
      const via = `1.1 clos-${homeLabel(context.identityKey)}`;
      const db = openForReading(home.coreDb);
      owned.use(() => db.close());
      const table = openTable(context, db);
      owned.use(() => table.close());
      owned.use(context.bus.onRing(() => table.ring()));
      const log = new AccessLog(home.logsDir);
      owned.use(() => log.close());
      const meters: Meters = new Meters((id) => news.add(id));
      const news = new TrafficNews({
        meters,
        publish: (metrics) => context.sibling('websocket').internal.publishMetrics({ metrics }),
      });
      owned.use(() => news.close());
      const [balancer, limits] = [new Balancer(), new RateLimits()];
      const pools = new Pools(config.gateway);
      owned.use(() => pools.close());
      table.onChange(() => {
        const { entries } = table.current;
        const ids = new Set(entries.map(({ id }) => id));
        for (const one of [balancer, limits, meters]) one.keepOnly(ids);
        pools.keepOnly(new Set(entries.flatMap(({ targets }) => targets.map(({ address }) => address?.port ?? 0))));
      });
      const api = new ModuleProxy({ name: 'api', socketPath: home.socketOf('api'), via });
      owned.use(() => api.close());
      const files = watchStaticFiles(join(context.packageRoot, 'out', 'renderer'));
      const server = createModuleServer(context, {
        portName: null,
        handlers: handlers(meters, log),
        checks: async () => [
          { name: 'dashboard', ok: true, detail: files.current() === null ? 'not built' : 'built' },
          { name: 'routes', ok: true, detail: String(table.current.entries.length) },
        ],
      });
      owned.use(() => server.close());
      const bound: BoundPorts = {};
      const around: Surroundings = {
        dashboardUrl: () => `http://127.0.0.1:${bound.dashboard ?? context.ports.dashboard.preferred}`,
      };
      const services = new ServiceProxy({
        ...{ table, balancer, pools, limits, meters, log, via, around },
        families: new Families(),
        readiness: new Readiness(table),
        patienceMs: config.gateway.startPatienceMs,
        visit: async (serviceId) => void (await context.sibling('api').internal.visit({ serviceId })),
      });

      const ownUpgrade = (upgrade: Upgrade): void => {
        if (!isUnder(upgrade.request.url ?? '', '/ws')) {
          writeRaw(upgrade.socket, new ClosError('ROUTE_NOT_FOUND', 'The WebSocket is at /ws.'));
          return;
        }
        tunnelUpgrade(upgrade, {
          to: { socketPath: home.socketOf('websocket') },
          path: upgrade.request.url ?? '',
          via,
          refusal: () =>
            new ClosError('MODULE_UNAVAILABLE', 'The websocket does not answer. It is restarted by itself; try again.'),
        });
      };
      /** What both doors have in common under CLOS's own names; false when the request is for the door itself. */
      const answeredForAll = (request: IncomingMessage, response: ServerResponse): boolean => {
        const url = request.url ?? '/';
        if (isUnder(url, '/api')) api.forward(request, response);
        else if (ownPaths.some((path) => isUnder(url, path))) server.app.routing(request, response);
        else return false;
        return true;
      };
      const pages = (request: IncomingMessage, response: ServerResponse): void => {
        if (reservedPaths.some((path) => isUnder(request.url ?? '/', path))) {
          answerProblem(response, new ClosError('ROUTE_NOT_FOUND', 'There is nothing at this path.'), newId('req'));
        } else serveDashboard(request, response, files);
      };
      const listen = async (name: 'gateway' | 'dashboard', answers: Answers): Promise<void> => {
        const open = () => {
          const door = createDoor(answers, config.gateway);
          owned.use(closerOf(door));
          return door;
        };
        bound[name] = await bindLoopback(open, context.ports[name].candidates);
      };

      await server.listen();
      await listen('gateway', {
        own: (request, response) => {
          if (answeredForAll(request, response)) return;
          const host = request.headers.host ?? '';
          if (/^clos\.localhost/i.test(host)) pages(request, response);
          else if (request.url === '/' && wantsPage(request)) {
            answerNames({ response, requestId: newId('req') }, { entries: table.current.entries, around });
          } else {
            const detail = `There is nothing at this path. The API is under /api/v2, the dashboard at ${around.dashboardUrl()}/.`;
            answerProblem(response, new ClosError('ROUTE_NOT_FOUND', detail), newId('req'));
          }
        },
        ownUpgrade,
        named: {
          request: (request, response, name) => services.handle(request, response, name),
          upgrade: (upgrade, name) => services.upgrade(upgrade, name),
        },
      });
      await listen('dashboard', {
        own: (request, response) => {
          if (!answeredForAll(request, response)) pages(request, response);
        },
        ownUpgrade,
      });
      return { ports: bound, stop: () => owned.dispose() };
    }),
};
