import type { Logger } from 'pino';
import { createClaimsWatch, type WatchedClaim } from '#main/host/claims-watch.ts';
import { probeConnect } from '#main/host/connect-probe.ts';
import { isForwarder } from '#main/host/protection.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { Sighting, WantedClaim } from '#shared/contract/internal.ts';
import { createAnswerWatch } from './answer-watch.ts';
import { describeSilence } from './not-answering.ts';
import { findConflicts, type Proposer } from './propose.ts';
import type { StoredServiceFact, StoredWorld, WorldReader } from './world-reader.ts';

export interface WatchOptions {
  proposer: Proposer;
  world: WorldReader;
  log: Logger;
  report(sightings: Sighting[], options: { signal: AbortSignal }): Promise<{ stale: string[] }>;
}

export interface Watch {
  start(): void;
  /** Something was committed: services, leases or containers may be others now. */
  ring(): void;
  stop(): Promise<void>;
}

/** Commits come in bursts; one look serves them all. */
const settleMs = 100;
const retryMs = 1000;
/** How often, and how far apart, a forwarder without a container is looked at before it is told as what it is. */
const mostUnclearLooks = 10;
const unclearMs = 200;

/** The ports of one service as they are claimed now: leased, or wanted by number. */
function claimsOf(service: StoredServiceFact, world: StoredWorld): WantedClaim[] {
  return world.wishes
    .filter(({ serviceId }) => serviceId === service.id)
    .flatMap(({ name, protocol, address, hostPort, range }) => {
      const lease = world.leases.find((one) => one.service?.id === service.id && one.service.endpoint === name);
      const port = lease?.port ?? hostPort;
      const { id } = service;
      return port === null
        ? []
        : [{ service: { id, name: service.name }, endpoint: name, protocol, address, port, range }];
    });
}

/** What a service's sightings depend on, besides the sockets of this host: of containers the engine may tell later than those. */
function situationOf(service: StoredServiceFact, claims: readonly WantedClaim[], world: StoredWorld): string {
  const { status, waits, openConflicts } = service;
  const isClaimed = ({ port }: { port: number }) => claims.some((claim) => claim.port === port);
  const containers = world.containers.filter(({ ports }) => ports.some(isClaimed));
  return JSON.stringify([
    status,
    waits,
    openConflicts,
    claims.map(({ protocol, address, port }) => [protocol, address, port]),
    containers.map(({ id, running }) => [id, running]),
  ]);
}

function isUnclear({ holder }: DetectedConflict): boolean {
  return holder.type === 'process' && isForwarder({ name: holder.name, executable: null, argv: [] });
}

/** A sighting but for when it was made. */
function textOf({ asOf: _asOf, ...sighting }: Sighting): string {
  return JSON.stringify(sighting);
}

/** What is in the way now, or answers beside a service that runs. Advice about a port is for those who are about to start. */
function isNow({ severity, kind }: DetectedConflict, { active }: StoredServiceFact): boolean {
  return severity === 'blocking' || (kind === 'shadowed' && active);
}

/**
 * Watches the ports that services claim and reports what stands in their way, as it comes and goes.
 *
 * Cheap while nothing happens: sockets are asked only when their number has changed, a service is looked at only when something
 * appeared or went at its ports, or its own situation changed. Nothing is ever bound. What was reported last is remembered, so
 * the api hears of changes only; a report that did not get through is made again.
 */
export function createWatch({ proposer, world, log, report }: WatchOptions): Watch {
  /** By service: its situation and its last report. */
  const known = new Map<string, { situation: string; reported: string | null }>();
  const dirty = new Set<string>();
  let watched: ReadonlySet<string> = new Set();
  const unclearLooks = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  const stopping = new AbortController();

  const claimsWatch = createClaimsWatch({
    host: proposer.host,
    log,
    onChange: (ports) => {
      void world.read().then((now) => {
        for (const service of now.services) {
          if (claimsOf(service, now).some(({ port }) => ports.includes(port))) dirty.add(service.id);
        }
        schedule(0);
      });
    },
  });
  const answers = createAnswerWatch({
    probe: probeConnect,
    onChange: (serviceId) => {
      dirty.add(serviceId);
      schedule(0);
    },
  });

  function schedule(delayMs: number): void {
    if (stopping.signal.aborted) return;
    if (timer !== null && delayMs > 0) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      running = running.then(look).catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        log.warn({ err: error }, 'the watch of the ports could not report; it tries again');
        schedule(retryMs);
      });
    }, delayMs);
    timer.unref();
  }

  /** Takes in what the database says now: which ports are claimed, and whose situation has changed. True for a new claim. */
  function takeIn(now: StoredWorld): boolean {
    const claims: WatchedClaim[] = [];
    for (const service of now.services) {
      const own = claimsOf(service, now);
      const quiet = service.active && service.runtime !== 'external';
      claims.push(...own.map(({ protocol, address, port }) => ({ protocol, address, port, quiet })));
      const situation = situationOf(service, own, now);
      const before = known.get(service.id);
      if (before?.situation !== situation) {
        known.set(service.id, { situation, reported: null });
        dirty.add(service.id);
      }
    }
    for (const id of known.keys()) if (!now.services.some((service) => service.id === id)) known.delete(id);
    const keys = claims.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);
    const isNew = keys.some((key) => !watched.has(key));
    watched = new Set(keys);
    claimsWatch.setClaims(claims);
    answers.setServices(
      now.services
        .filter(({ status, runtime }) => (status === 'running' || status === 'unhealthy') && runtime !== 'external')
        .map((service) => ({
          id: service.id,
          endpoints: claimsOf(service, now).filter(({ protocol }) => protocol === 'tcp'),
        })),
    );
    return isNew;
  }

  async function look(): Promise<void> {
    const now = await world.read();
    // Who is at a new claim is noted before we look ourselves: whoever goes in between would otherwise never be missed.
    if (takeIn(now)) await claimsWatch.look();
    // A service on its way is its command's affair; when that ends, its situation changes.
    const looked = now.services.filter(
      ({ id, status }) => dirty.has(id) && status !== 'starting' && status !== 'stopping',
    );
    if (looked.length === 0) return;
    for (const { id } of looked) dirty.delete(id);
    try {
      const sightings = await see(looked, now);
      const fresh = sightings.filter((sighting) => known.get(sighting.serviceId)?.reported !== textOf(sighting));
      const { stale } = fresh.length === 0 ? { stale: [] } : await report(fresh, { signal: stopping.signal });
      for (const id of stale) dirty.add(id);
      for (const sighting of fresh) {
        const state = known.get(sighting.serviceId);
        if (state !== undefined && !stale.includes(sighting.serviceId)) state.reported = textOf(sighting);
      }
      if (stale.length > 0) schedule(settleMs);
    } catch (error) {
      for (const { id } of looked) dirty.add(id);
      throw error;
    }
  }

  async function see(services: readonly StoredServiceFact[], now: StoredWorld): Promise<Sighting[]> {
    const claims = services.flatMap((service) => claimsOf(service, now));
    const found = await findConflicts(proposer, { claims, how: 'look' }, now);
    const unclear = new Set(found.filter(isUnclear).map(({ wanted }) => wanted.serviceId));
    const told = services.filter(({ id }) => !unclear.has(id) || !lookTwice(id));
    return await Promise.all(
      told.map(async (service): Promise<Sighting> => {
        const own = found.filter(({ wanted }) => wanted.serviceId === service.id);
        if (service.runtime === 'external') {
          const holder = own.find(({ severity }) => severity === 'blocking')?.holder;
          const answering = holder === undefined ? null : { pid: holder.pid, name: holder.name };
          return { serviceId: service.id, asOf: now.seq, conflicts: [], answering };
        }
        const conflicts = [...own.filter((one) => isNow(one, service)), ...(await silences(service, now))];
        return { serviceId: service.id, asOf: now.seq, conflicts, answering: null };
      }),
    );
  }

  /** A forwarder's container is known as soon as the engine's news of it is in. True while that may still be on its way. */
  function lookTwice(serviceId: string): boolean {
    const looks = (unclearLooks.get(serviceId) ?? 0) + 1;
    if (looks > mostUnclearLooks) {
      unclearLooks.delete(serviceId);
      return false;
    }
    unclearLooks.set(serviceId, looks);
    dirty.add(serviceId);
    schedule(unclearMs);
    return true;
  }

  async function silences(service: StoredServiceFact, now: StoredWorld): Promise<DetectedConflict[]> {
    const silent = claimsOf(service, now).flatMap((claim) => {
      const tried = answers.silence(service.id, claim.port);
      return tried === null ? [] : [{ claim, tried }];
    });
    return await Promise.all(
      silent.map(({ claim, tried }) => describeSilence(proposer.host, claim, { tried, world: now })),
    );
  }

  return {
    start() {
      claimsWatch.start();
      schedule(0);
    },
    ring: () => schedule(settleMs),
    async stop() {
      stopping.abort();
      if (timer !== null) clearTimeout(timer);
      answers.stop();
      await claimsWatch.stop();
      await running;
    },
  };
}
