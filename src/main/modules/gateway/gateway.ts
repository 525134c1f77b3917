import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { startOwned } from '#shared/base/disposal.ts';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { bindTcp } from '../../http/bind.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { BoundPorts, ModuleDefinition } from '../../supervisor/module.ts';
import { answerProblem } from './answer.ts';
import { serveDashboard } from './dashboard.ts';
import { type Answer, createDoor, isUnder } from './door.ts';
import { watchStaticFiles } from './static-files.ts';
import { Upstream } from './upstream.ts';

/** What every module answers about itself. */
const ownPaths = ['/livez', '/readyz', '/health'];
/** Paths that mean something on other ports of CLOS, so that they are never taken for a page. */
const reservedPaths = ['/internal', '/metrics', '/ws'];

/**
 * The gateway module: the one door for browsers and scripts. `/api` goes to the api, `/ws` to the websocket, and a second port
 * serves the dashboard with both under the same origin.
 */
export const gateway: ModuleDefinition = {
  name: 'gateway',
  start: (context) =>
    startOwned(async (owned) => {
      const api = new Upstream('api', context.home.socketOf('api'));
      owned.use(() => api.close());
      const server = createModuleServer(context, {
        portName: null,
        handlers: [],
        checks: async () => [{ name: 'dashboard', ok: true, detail: files.current() === null ? 'not built' : 'built' }],
      });
      owned.use(() => server.close());
      const files = watchStaticFiles(join(context.packageRoot, 'out', 'renderer'));
      const bound: BoundPorts = {};

      /** What both doors have in common; false when the request is for the door itself. */
      const answeredForAll = (request: IncomingMessage, response: ServerResponse): boolean => {
        const url = request.url ?? '/';
        if (isUnder(url, '/api')) api.forward(request, response);
        else if (ownPaths.some((path) => isUnder(url, path))) server.app.routing(request, response);
        else return false;
        return true;
      };
      const listen = async (name: 'gateway' | 'dashboard', answer: Answer): Promise<void> => {
        const door = createDoor(context.home.socketOf('websocket'), (request, response) => {
          if (!answeredForAll(request, response)) answer(request, response);
        });
        owned.use(() => door.close());
        bound[name] = await bindTcp(door.server, context.ports[name].candidates);
      };

      await server.listen();
      await listen('gateway', (_request, response) => {
        const detail = `There is nothing at this path. The API is under /api/v2, the dashboard at http://127.0.0.1:${bound.dashboard ?? context.ports.dashboard.preferred}/.`;
        answerProblem(response, new ClosError('ROUTE_NOT_FOUND', detail), newId('req'));
      });
      await listen('dashboard', (request, response) => {
        if (reservedPaths.some((path) => isUnder(request.url ?? '/', path))) {
          answerProblem(response, new ClosError('ROUTE_NOT_FOUND', 'There is nothing at this path.'), newId('req'));
        } else serveDashboard(request, response, files);
      });
      return { ports: bound, stop: () => owned.dispose() };
    }),
};
