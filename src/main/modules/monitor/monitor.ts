import type { FastifyInstance } from 'fastify';
import { startOwned } from '#shared/base/disposal.ts';
import { mayCall, type Principal } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { checkEvents } from '../../database/events.ts';
import { openForReading, type ReadDb } from '../../database/handle.ts';
import { askApi, bearerToken, moduleKeyVerifier } from '../../http/authenticate.ts';
import { type Handler, handle } from '../../http/handler.ts';
import { createModuleServer } from '../../http/module-server.ts';
import type { ModuleContext, ModuleDefinition } from '../../supervisor/module.ts';
import { createMetrics } from './metrics.ts';
import { takeReadings } from './readings.ts';

/** The worker's first check of a service may take as long as the check's own timeout, and it may just be restarting. */
const checkTimeoutMs = 60_000;

/** Passes the wish on and answers at once: a start never waits for, or fails by, the first look at the service's health. */
function healthCheckHandler(context: ModuleContext): Handler {
  return handle(contract.internal.requestHealthCheck, ({ body: { serviceId } }) => {
    context
      .sibling('worker')
      .internal.runHealthCheck({ serviceId }, { signal: AbortSignal.timeout(checkTimeoutMs) })
      .catch((err: unknown) => context.log.warn({ err, serviceId }, 'A health check that was asked for did not run'));
    return { requested: true };
  });
}

function addMetrics(app: FastifyInstance, context: ModuleContext, db: ReadDb): void {
  const metrics = createMetrics(context.version);
  const moduleOf = moduleKeyVerifier(context.serviceKeys);
  const verify = askApi(context);
  const principalOf = async (header: string | undefined): Promise<Principal | null> => {
    const token = bearerToken(header);
    return token === null ? null : (moduleOf(token) ?? verify(token));
  };
  app.get('/metrics', async (request, reply) => {
    const principal = await principalOf(request.headers.authorization);
    if (principal === null) throw new ClosError('NOT_SIGNED_IN', 'Send "Authorization: Bearer clos_…".');
    if (!mayCall(principal, { permission: 'system:read' })) {
      throw new ClosError('NOT_ALLOWED', `"${principal.name}" may not read metrics.`);
    }
    return reply.type(metrics.contentType).send(await metrics.render(await takeReadings(context, db)));
  });
}

/** The monitor module: it has services checked when somebody asks, and tells how CLOS is doing. */
export const monitor: ModuleDefinition = {
  name: 'monitor',
  start: (context) =>
    startOwned(async (owned) => {
      const db = openForReading(context.home.coreDb);
      owned.use(() => db.close());
      const server = createModuleServer(context, {
        portName: 'monitor',
        handlers: [healthCheckHandler(context)],
        checks: async () => [checkEvents(db)],
        configure: (app) => addMetrics(app, context, db),
      });
      owned.use(() => server.close());
      return { ports: await server.listen(), stop: () => owned.dispose() };
    }),
};
