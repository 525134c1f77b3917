import { startOwned } from '#shared/base/disposal.ts';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Fact } from '#shared/contract/internal.ts';
import { checkEvents } from '../../database/events.ts';
import { openForReading, type ReadDb } from '../../database/handle.ts';
import { findService, listServices } from '../../database/services.ts';
import { type Handler, handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleDefinition } from '../../supervisor/module.ts';
import { HealthChecker } from './health-checker.ts';
import { Outbox } from './outbox.ts';
import { probe } from './probes.ts';
import { createReactions } from './reactions.ts';
import { targetOf } from './targets.ts';

/** A doorbell may get lost; then the services and the log are looked at after this time. */
const lookAgainMs = 5000;

function runHealthCheckHandler(db: ReadDb, checker: HealthChecker): Handler {
  return handle(contract.internal.runHealthCheck, async ({ body }) => {
    const state = await checker.checkNow(body.serviceId);
    if (state !== null) return { health: state.health, reason: state.reason };
    const service = findService(db, body.serviceId);
    if (service === null) throw new ClosError('SERVICE_NOT_FOUND', `There is no service "${body.serviceId}".`);
    if (service.healthCheck === null) return { health: 'none' as const, reason: null };
    return {
      health: service.health,
      reason: 'There is nothing to check: no container runs, or no tcp port is leased.',
    };
  });
}

/** The worker module: it checks the health of services, reacts to events, and reports what comes of both to the api. */
export const worker: ModuleDefinition = {
  name: 'worker',
  start: (context) =>
    startOwned(async (owned) => {
      const { log } = context;
      const db = openForReading(context.home.coreDb);
      owned.use(() => db.close());
      const outbox = new Outbox<Fact>({
        send: (facts) => context.sibling('api').internal.reportFacts({ facts }),
        log,
      });
      const checker = new HealthChecker({
        readTargets: () => listServices(db).flatMap((service) => targetOf(service) ?? []),
        probe,
        report: (found) => outbox.add({ id: newId('fct'), type: 'health', ...found, at: new Date().toISOString() }),
        isReporting: (serviceId) => outbox.holds((fact) => fact.serviceId === serviceId),
        onError: (err) => log.error({ err }, 'The services could not be read'),
      });
      const reactions = createReactions(context, db);
      const server = createModuleServer(context, {
        portName: null,
        handlers: [runHealthCheckHandler(db, checker), ...reactions.handlers],
        checks: async () => [
          checkEvents(db),
          { name: 'health checks', ok: true, detail: `${checker.size} services, ${outbox.size} facts waiting` },
          { name: 'events', ok: true, detail: reactions.status() },
        ],
      });
      owned.use(() => server.close());
      owned.use(() => outbox.stop());
      owned.use(() => checker.stop());
      owned.use(() => reactions.stop());
      const look = () => {
        checker.scanSoon();
        reactions.ring();
      };
      owned.use(context.bus.onRing(look));
      const interval = setInterval(look, lookAgainMs);
      interval.unref();
      owned.use(() => clearInterval(interval));
      const ports = await server.listen();
      checker.scan();
      reactions.ring();
      return { ports, stop: () => owned.dispose() };
    }),
};
