import { hostInUrl } from '#shared/contract/places.ts';
import type { RoutingEntry, RoutingTarget } from '../../../database/routing.ts';
import { probeConnect } from '../../../host/connect-probe.ts';
import type { Absence } from '../pages/pages.ts';
import type { LiveTable } from './live-table.ts';

/** A program that runs may take so long until it listens; until then it is starting. */
const settleMs = 60_000;
/** How often an address is tried that nobody listens on yet. A refused connection costs 60 µs. */
const tryAgainMs = 200;
const connectTimeoutMs = 1000;

const text = ({ address }: RoutingTarget): string =>
  address === null ? 'no address' : `${hostInUrl(address.host)}:${address.port}`;

/** True while it may still be on the way up though its process runs already. */
function isSettling({ state, statusSince }: RoutingTarget): boolean {
  return (state === 'ready' || state === 'unhealthy') && Date.now() - Date.parse(statusSince) < settleMs;
}

/**
 * What is told of a target that has not answered. One that `speaks`, but no HTTP, is not on its way up; one that `listens` may still
 * be: the forwarder of a container takes connections before the program inside does.
 */
export function silenceOf(target: RoutingTarget, why: string, { listens = false, speaks = false } = {}): Absence {
  const { service, reason } = target;
  if (!speaks && isSettling(target)) {
    return {
      code: 'SERVICE_STARTING',
      target,
      detail: `${service.name} runs, but does not listen at ${text(target)} yet.`,
    };
  }
  const more = reason === null ? '' : ` ${reason}`;
  return {
    code: 'SERVICE_SILENT',
    target,
    detail: `${service.name} runs, but ${why} at ${text(target)}.${more}`,
    listens,
  };
}

/** Why no target of a route may be asked, by what is known of them. */
export function absenceOf({ targets }: RoutingEntry): Absence | null {
  const speaks = (wanted: string) => targets.find(({ state, draining }) => state === wanted && !draining);
  const starting = speaks('starting');
  if (starting !== undefined) {
    const detail = starting.reason ?? `${starting.service.name} is on its way up.`;
    return { code: 'SERVICE_STARTING', target: starting, detail };
  }
  const taken = speaks('taken');
  if (taken !== undefined) {
    const detail = `${taken.reason ?? 'Another program answers there.'} Nothing was sent to it.`;
    return { code: 'ADDRESS_TAKEN', target: taken, detail };
  }
  const [target] = targets;
  if (target === undefined) return null;
  const detail = target.draining
    ? 'Every target of the route is being drained.'
    : (target.reason ?? `${target.service.name} is ${target.status}.`);
  return { code: 'SERVICE_DOWN', target, detail };
}

/** Tells when a name can be answered, by the routes and by trying. */
export class Readiness {
  readonly #table: LiveTable;
  readonly #probes = new Map<string, Promise<boolean>>();

  constructor(table: LiveTable) {
    this.#table = table;
  }

  /** Why a route would have no answer now; null when it would. */
  async #look(entry: RoutingEntry): Promise<Absence | null> {
    const target = entry.targets.find(
      ({ state, draining, address }) =>
        !draining && address !== null && ['ready', 'unhealthy', 'unknown'].includes(state),
    );
    if (target === undefined) return absenceOf(entry);
    return (await this.#listens(target)) ? null : silenceOf(target, 'nobody listens');
  }

  /**
   * Resolves as soon as something else than `code` is to be told of a name, and at the latest after `timeoutMs`, with whether it is:
   * the code of an absence, NAME_UNKNOWN, or nothing where there would be an answer.
   */
  async until(
    name: string,
    url: string,
    { not: code, timeoutMs, signal }: { not: string; timeoutMs: number; signal: AbortSignal },
  ): Promise<boolean> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const ended = AbortSignal.any([deadline, signal]);
    while (!ended.aborted) {
      const entry = this.#table.current.find(name, url);
      const absence = entry === null ? null : await this.#look(entry);
      if ((entry === null ? 'NAME_UNKNOWN' : (absence?.code ?? '')) !== code) return true;
      const isUp = absence?.target.state === 'ready' || absence?.target.state === 'unhealthy';
      const pause = isUp ? AbortSignal.any([ended, AbortSignal.timeout(tryAgainMs)]) : ended;
      await this.#table.changed(pause).catch(() => undefined);
    }
    return false;
  }

  /** Those who ask at once share one try. */
  #listens(target: RoutingTarget): Promise<boolean> {
    const { address } = target;
    if (address === null) return Promise.resolve(false);
    const key = text(target);
    let probe = this.#probes.get(key);
    if (probe === undefined) {
      probe = probeConnect({ address: address.host, port: address.port, timeoutMs: connectTimeoutMs })
        .then((result) => result === 'accepted')
        .catch(() => false)
        .finally(() => this.#probes.delete(key));
      this.#probes.set(key, probe);
    }
    return probe;
  }
}
