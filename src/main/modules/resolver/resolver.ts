import { DisposableStack } from '#shared/base/disposal.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Readiness } from '#shared/contract/system.ts';
import { checkEvents } from '../../database/events.ts';
import { openForReading } from '../../database/handle.ts';
import { leasesOfPort } from '../../database/leases.ts';
import { createHost } from '../../host/host.ts';
import type { Host } from '../../host/platform.ts';
import { handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleDefinition } from '../../supervisor/module.ts';
import { createChecker } from './check.ts';
import { describePort } from './describe-port.ts';
import { createOwnPortsReader } from './own-ports.ts';
import { findConflicts, findRange } from './propose.ts';
import { createWorldReader } from './world-reader.ts';

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
  async start(context) {
    const owned = new DisposableStack();
    try {
      const db = openForReading(context.home.coreDb);
      owned.use(() => db.close());
      const host = createHost();
      const checker = createChecker({ host });
      const world = createWorldReader({ db, ownPorts: createOwnPortsReader(context.home) });
      const { checkPorts, suggestPorts, describePort: describe } = contract.internal;
      const server = createModuleServer(context, {
        portName: 'resolver',
        checks: async () => [checkEvents(db), await checkListeners(host)],
        handlers: [
          handle(checkPorts, async ({ body }) => ({
            conflicts: await findConflicts(checker, body.wanted, await world.read()),
          })),
          handle(suggestPorts, async ({ body }) => {
            const known = await world.read();
            return { items: await checker.suggest({ ...body, range: findRange(known, body.range) }, known) };
          }),
          handle(describe, async ({ body: { port } }) =>
            describePort({ host, checker }, { port, world: await world.read(), leases: leasesOfPort(db, port) }),
          ),
        ],
      });
      owned.use(() => server.close());
      return { ports: await server.listen(), stop: () => owned.dispose() };
    } catch (error) {
      await owned.dispose();
      throw error;
    }
  },
};
