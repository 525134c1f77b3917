import { contract } from '#shared/contract/contract.ts';
import { openForReading } from '../../database/handle.ts';
import { listLeases, listRanges } from '../../database/leases.ts';
import { listObserved } from '../../database/observed.ts';
import { createHost } from '../../host/host.ts';
import { handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleDefinition } from '../../supervisor/module.ts';
import { createChecker } from './check.ts';
import { proposeOptions } from './options.ts';
import type { World } from './world.ts';
export const resolver: ModuleDefinition = {
  name: 'resolver',
  async start(context) {
    const db = openForReading(context.home.coreDb);
    const checker = createChecker({ host: createHost() });
    const world = (): World => ({
      leases: listLeases(db).map((l) => ({
        id: l.id,
        port: l.port,
        protocol: l.protocol,
        address: l.address,
        serviceId: l.service.id,
        serviceName: l.service.name,
        endpoint: l.endpoint,
        since: l.since,
      })),
      containers: listObserved(db).map((o) => ({
        id: o.containerId,
        name: o.name,
        image: o.image,
        state: o.state,
        running: o.state === 'running',
        managedServiceId: o.serviceId,
        composeProject: o.facts.compose?.project ?? null,
        ports: o.state === 'running' ? o.facts.ports : o.facts.claims,
        startedAt: o.facts.startedAt,
        labels: {},
      })),
      ownPorts: [],
    });
    const range = (name: string | null) => listRanges(db).find((r) => r.name === name) ?? null;
    const server = createModuleServer(context, {
      portName: 'resolver',
      checks: async () => [],
      handlers: [
        handle(contract.internal.checkPorts, async (call) => {
          const w = world();
          const found = await checker.check(
            call.body.wanted.map((x) => ({ ...x, byEngine: true })),
            w,
          );
          return {
            conflicts: await Promise.all(
              found.map(async (f) => ({
                ...f,
                options: await proposeOptions(f, {
                  suggestPort: async (x) =>
                    (
                      await checker.suggest(
                        {
                          range: range(call.body.wanted.find((q) => q.port === x.port)?.range ?? null),
                          near: x.port,
                          count: 1,
                          protocol: x.protocol,
                          address: x.address,
                          exclude: [x.port],
                        },
                        w,
                      )
                    )[0] ?? null,
                }),
              })),
            ),
          };
        }),
        handle(contract.internal.suggestPorts, async (call) => ({
          items: await checker.suggest({ ...call.body, range: range(call.body.range) }, world()),
        })),
        handle(contract.internal.describePort, async (call) => ({
          port: call.body.port,
          free: false,
          listeners: [],
          leases: [],
          claims: [],
        })),
      ],
    });
    const ports = await server.listen();
    return {
      ports,
      stop: async () => {
        await server.close();
        db.close();
      },
    };
  },
};
