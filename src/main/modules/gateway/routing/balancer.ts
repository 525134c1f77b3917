import type { TargetState } from '#shared/contract/routes.ts';
import type { RoutingEntry, RoutingTarget } from '../../../database/routing.ts';

/** Requests go to the first kind that there is; those that are neither are not asked. */
const inOrder: readonly TargetState[] = ['ready', 'unhealthy', 'unknown'];

/** Gives the requests of each route to its targets in turn. */
export class Balancer {
  readonly #turns = new Map<string, number>();

  /**
   * The target for the next request; null when none may be asked. Those that are drained get nothing new, and `passedOver` are
   * those that this request has tried.
   */
  next({ id, targets }: RoutingEntry, passedOver: ReadonlySet<RoutingTarget>): RoutingTarget | null {
    // Nearly every route has one target.
    if (targets.length === 1) {
      const [only] = targets;
      return only !== undefined && mayBeAsked(only) && !passedOver.has(only) ? only : null;
    }
    const open = targets.filter((target) => mayBeAsked(target) && !passedOver.has(target));
    const best = inOrder.find((state) => open.some((target) => target.state === state));
    const candidates = open.filter(({ state }) => state === best);
    if (candidates.length === 0) return null;
    const turn = this.#turns.get(id) ?? 0;
    this.#turns.set(id, turn + 1);
    return candidates[turn % candidates.length] ?? null;
  }

  /** Forgets the routes that are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#turns.keys()) if (!ids.has(id)) this.#turns.delete(id);
  }
}

function mayBeAsked({ state, address, draining }: RoutingTarget): boolean {
  return !draining && address !== null && inOrder.includes(state);
}
