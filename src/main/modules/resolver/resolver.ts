import { startOwned } from '#shared/base/disposal.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Readiness } from '#shared/contract/system.ts';
import { checkEvents } from '../../database/events.ts';
import { openForReading } from '../../database/handle.ts';
import { leasesOfPort, listLeases } from '../../database/leases.ts';
import { createHost } from '../../host/host.ts';
import type { Host } from '../../host/platform.ts';
import { handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleDefinition } from '../../supervisor/module.ts';
import { createChecker } from './check.ts';
import { describePort } from './describe-port.ts';
import { keepFor } from './keep-for.ts';
import { createOwnPortsReader } from './own-ports.ts';
import { mapPorts } from './port-map.ts';
import { findConflicts, findRange } from './propose.ts';
import { toListenerRow } from './report.ts';
import { createWatch } from './watch.ts';
import { createWorldReader } from './world-reader.ts';

/** A branch is switched by hand; nobody misses it for this long. */
const workplacesKeptMs = 5000;

/** A platform that cannot list its sockets is no reason to be unready: binds still tell what is free. */
async function checkListeners(host: Host): Promise<Readiness['checks'][number]> {
  try {
    await host.listListeners({ owners: false });
    return { name: 'listeners', ok: true, detail: host.limitation };
  } catch (error) {
    return { name: 'listeners', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The resolver module: it says which ports can be had, who has the others, and what could be done. It writes nothing. */
export const resolver: ModuleDefinition = {
  name: 'resolver',
  start: (context) =>
    startOwned(async (owned) => {
      const db = openForReading(context.home.coreDb);
      owned.use(() => db.close());
      const host = createHost();
      const checker = createChecker({ host });
      const world = createWorldReader({
        db,
        ownPorts: createOwnPortsReader(context.home),
        findWorkplace: keepFor(workplacesKeptMs, (folder: string) => host.findWorkplace(folder)),
      });
      const proposer = { checker, host };
      const watch = createWatch({
        proposer,
        world,
        log: context.log,
        report: (sightings, options) => context.sibling('api').internal.reportSightings({ sightings }, options),
      });
      owned.use(() => watch.stop());
      const { checkPorts, suggestPorts, describePort: describe, listListeners, mapPorts: map } = contract.internal;
      const { limitation } = host;
      const server = createModuleServer(context, {
        portName: 'resolver',
        checks: async () => [checkEvents(db), await checkListeners(host)],
        handlers: [
          handle(checkPorts, async ({ body }) => ({
            conflicts: await findConflicts(proposer, { claims: body.wanted, how: 'check' }, await world.read()),
          })),
          handle(suggestPorts, async ({ body }) => {
            const known = await world.read();
            const refused = new Map(body.refused.map((port) => [port, 'about to be given to another']));
            return { items: await checker.suggest({ ...body, refused, range: findRange(known, body.range) }, known) };
          }),
          handle(describe, async ({ body: { port } }) => {
            const known = await world.read();
            const { ranges } = known;
            return await describePort(
              { host, checker },
              { port, world: known, ranges, leases: leasesOfPort(db, port) },
            );
          }),
          handle(listListeners, async ({ body: { port } }) => {
            const known = await world.read();
            const listeners = await host.listListeners({ owners: true, ...(port === null ? {} : { ports: [port] }) });
            return { items: listeners.map((listener) => toListenerRow(listener, known)), limitation };
          }),
          handle(map, async () => {
            const known = await world.read();
            const listeners = await host.listListeners({ owners: true });
            const { ranges } = known;
            return { items: mapPorts({ listeners, world: known, ranges, leases: listLeases(db) }), limitation };
          }),
        ],
      });
      owned.use(() => server.close());
      const ports = await server.listen();
      owned.use(context.bus.onRing(() => watch.ring()));
      watch.start();
      return { ports, stop: () => owned.dispose() };
    }),
};
