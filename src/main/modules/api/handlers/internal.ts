import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Fact } from '#shared/contract/internal.ts';
import type { ModuleState } from '#shared/contract/system.ts';
import { appendEvent } from '../../../database/events.ts';
import { recordFact } from '../../../database/facts.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { findService } from '../../../database/services.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf, type Provenance } from '../access/actors.ts';
import type { Credentials } from '../access/credentials.ts';
import type { ApiContext } from '../api-context.ts';
import { recordSightings } from '../conflicts/sightings.ts';
import { applyReaction } from '../operations/reactions.ts';
import { startService } from '../services/start-service.ts';
import { changeHealth, changeStatus } from '../state/life.ts';
import { isActive } from '../state/service-view.ts';

const visitWaitMs = 2000;

function applyHealth(write: WriteDb, fact: Extract<Fact, { type: 'health' }>, who: Provenance): void {
  const service = findService(write, fact.serviceId);
  // A report about a service that has stopped meanwhile is late news.
  if (service === null || (service.status !== 'running' && service.status !== 'unhealthy')) return;
  changeHealth(write, service, { to: fact.health, reason: fact.reason, ...who });
  const to = fact.health === 'unhealthy' ? 'unhealthy' : 'running';
  changeStatus(write, service, { to, reason: to === 'unhealthy' ? fact.reason : null, ...who });
}

/** States that are worth an event; the rest is on the way. */
const told = new Set<ModuleState['state']>(['ready', 'exited', 'degraded']);

/** What siblings ask of the api and report to it. */
export function internalHandlers(
  api: ApiContext,
  credentials: Credentials,
  modules: { get(): ModuleState[]; set(states: ModuleState[]): void },
): Handler[] {
  const { internal } = contract;
  return [
    handle(internal.verify, async (call) => ({ principal: await credentials.verify(call.body.token) })),
    handle(internal.redeemTicket, async (call) => ({ principal: await credentials.redeemTicket(call.body.ticket) })),
    handle(internal.reportFacts, async (call) => {
      const actor = actorOf(call.principal);
      const recorded = await api.db.commit((write) => {
        let count = 0;
        for (const fact of call.body.facts) {
          if (!recordFact(write, fact.id)) continue;
          applyHealth(write, fact, { actor, cause: { type: 'fact', id: fact.id } });
          count += 1;
        }
        return count;
      });
      return { recorded };
    }),
    handle(internal.reportReactions, async (call) => {
      const actor = actorOf(call.principal);
      const recorded = await api.db.commit(
        (write) =>
          call.body.reactions.filter((one) => applyReaction(write, one, { actor, cause: { type: 'fact', id: one.id } }))
            .length,
      );
      return { recorded };
    }),
    handle(internal.visit, async (call) => {
      const service = findService(api.db.read, call.body.serviceId);
      if (service === null) throw new ClosError('SERVICE_NOT_FOUND', 'The service is gone.');
      if (isActive(service) || api.commands.current(service.id) !== null) return { started: false };
      // What stands in its way is found at once, and the visitor is told; what takes longer is watched from the page.
      await startService(api, service, { actor: actorOf(call.principal), waitMs: visitWaitMs });
      return { started: true };
    }),
    handle(internal.reportSightings, (call) => recordSightings(api, call.body.sightings, actorOf(call.principal))),
    handle(internal.reportModules, async (call) => {
      const before = new Map(modules.get().map((state) => [state.name, state]));
      const changed = call.body.modules.filter(
        ({ name, state }) => told.has(state) && before.get(name)?.state !== state,
      );
      modules.set(call.body.modules);
      const actor = actorOf(call.principal);
      if (changed.length > 0) {
        await api.db.commit((write) => {
          for (const { name, state, reason } of changed) {
            if (state !== 'ready' && state !== 'exited' && state !== 'degraded') continue;
            appendEvent(write, {
              type: 'module.state-changed',
              subject: { type: 'module', id: name, name },
              actor,
              cause: { type: 'supervisor', id: 'supervisor' },
              data: { module: name, state, reason },
            });
          }
        });
      }
      return { recorded: changed.length };
    }),
  ];
}
