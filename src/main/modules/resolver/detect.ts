import type { BindResult } from '#main/host/bind-probe.ts';
import type { Listener } from '#main/host/types.ts';
import type { ConflictKind, DetectedConflict, Evidence, Holder } from '#shared/contract/conflicts.ts';
import {
  type Attribution,
  attributeContainer,
  attributeListener,
  claimOf,
  containerMeets,
  enrich,
} from './attribute.ts';
import { hostCollision, localhostFamilies, socketText } from './claims.ts';
import { excludedRange } from './excluded.ts';
import { closHolder, leaseHolder, serviceHolder, systemHolder, unknownHolder } from './holders.ts';
import type { ContainerFact, DetectionInput, WantedPort } from './world.ts';

/** A conflict before anyone has thought about its resolution. */
export type Finding = Omit<DetectedConflict, 'options'>;

/**
 * Decides which wanted ports cannot be had, and because of whom. Pure: the same facts give the same findings, in the order of
 * `wanted`, blocking ones first.
 *
 * Attribution goes from what CLOS knows best to what it can only guess: the lease of another service (a port of the host
 * belongs to one endpoint, whatever the address), the engine's port map, CLOS's own ports, a process, and where a bind is
 * refused but nobody listens, something temporary. A service never conflicts with its own lease, container or process.
 */
export function detectConflicts(input: DetectionInput): Finding[] {
  const given: WantedPort[] = [];
  return input.wanted.flatMap((wanted, index) => {
    const findings = new Findings(wanted);
    findEarlierWish(findings, given);
    findHolders(findings, input, input.probes[index] ?? 'free');
    findLimits(findings, input, input.probes[index] ?? 'free');
    if (!findings.blocked) given.push(wanted);
    return findings.list();
  });
}

/** Gathers what is found for one wanted port: one conflict per holder, further evidence joins the first. */
class Findings {
  readonly wanted: WantedPort;
  readonly #byKey = new Map<string, Finding>();

  constructor(wanted: WantedPort) {
    this.wanted = wanted;
  }

  get blocked(): boolean {
    return [...this.#byKey.values()].some((finding) => finding.severity === 'blocking');
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  add(
    key: string,
    found: { kind: ConflictKind; severity: Finding['severity']; holder: Holder },
    evidence: Evidence,
  ): void {
    const { service, endpoint, protocol, address, port } = this.wanted;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.evidence.push(evidence);
      return;
    }
    const wanted = {
      service: service?.name ?? null,
      serviceId: service?.id ?? null,
      endpoint,
      protocol,
      address,
      port,
    };
    this.#byKey.set(key, { ...found, wanted, evidence: [evidence] });
  }

  /** Another sign of a holder that is known already: who it is may become clearer. */
  improve(key: string, improve: (holder: Holder) => Holder): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) known.holder = improve(known.holder);
  }

  /** Adds evidence to whatever blocks first. */
  remark(evidence: Evidence): void {
    this.list()[0]?.evidence.push(evidence);
  }

  list(): Finding[] {
    const all = [...this.#byKey.values()];
    return [...all.filter((one) => one.severity === 'blocking'), ...all.filter((one) => one.severity === 'warning')];
  }
}

/** Two endpoints of one request that want the same port: the first one has it, if nobody else is in its way. */
function findEarlierWish(findings: Findings, given: readonly WantedPort[]): void {
  const { wanted } = findings;
  const earlier = given.find(
    (other) =>
      other.service !== null &&
      wanted.service !== null &&
      other.protocol === wanted.protocol &&
      other.port === wanted.port &&
      !(other.service.id === wanted.service.id && other.endpoint === wanted.endpoint),
  );
  if (earlier?.service == null) return;
  findings.add(
    `service:${earlier.service.id}`,
    { kind: 'lease', severity: 'blocking', holder: serviceHolder(earlier.service, null) },
    {
      source: 'clos',
      detail: `${earlier.service.name}/${earlier.endpoint} asks for ${earlier.protocol} ${earlier.port} as well`,
    },
  );
}

function findHolders(findings: Findings, input: DetectionInput, probe: BindResult): void {
  const { wanted } = findings;
  let explained = findLeases(findings, input);
  explained = findContainers(findings, input) || explained;
  explained = findOwnPorts(findings, input) || explained;
  explained = findListeners(findings, input, probe) || explained;
  if (probe === 'used' && !explained) findUnexplained(findings, input);
  findStoppedContainers(findings, input);
  if (probe === 'used' && findings.blocked) {
    findings.remark({
      source: 'probe',
      detail: `A bind of ${wanted.protocol} ${socketText(wanted)} was refused: in use`,
    });
  }
}

function findLeases(findings: Findings, { leases }: DetectionInput): boolean {
  const { wanted } = findings;
  const others = leases.filter(
    (lease) =>
      lease.protocol === wanted.protocol &&
      lease.port === wanted.port &&
      (lease.service === null || lease.service.id !== wanted.service?.id),
  );
  for (const lease of others) {
    const { service, protocol, port, since } = lease;
    findings.add(
      service === null ? `lease:${lease.id}` : `service:${service.id}`,
      { kind: 'lease', severity: 'blocking', holder: leaseHolder(lease) },
      {
        source: 'lease',
        detail:
          service === null
            ? `${protocol} ${port} is reserved since ${since}: ${lease.note ?? ''}`
            : `${protocol} ${port} is leased to ${service.name}/${service.endpoint} since ${since}`,
      },
    );
  }
  return others.length > 0;
}

/** True when the port map explains a refused bind, be it by the service's own container. */
function findContainers(findings: Findings, input: DetectionInput): boolean {
  const { wanted } = findings;
  const holding = input.containers.filter((container) => container.running && containerMeets(container, wanted));
  for (const container of holding) {
    const who = attributeContainer(container, wanted, input);
    if (!who.own) addContainer(findings, who, container);
  }
  return holding.length > 0;
}

/** A container blocks while it runs; stopped, it only claims. */
function addContainer(findings: Findings, who: Attribution, container: ContainerFact): void {
  const { kind, holder } = who;
  const severity = container.running ? 'blocking' : 'warning';
  findings.add(who.key, { kind, severity, holder }, engineEvidence(container, findings.wanted));
  findings.improve(who.key, (known) => enrich(known, who, null));
}

function engineEvidence(container: ContainerFact, wanted: WantedPort): Evidence {
  const published = container.ports
    .filter((one) => one.protocol === wanted.protocol && one.port === wanted.port)
    .map((one) => `${socketText(one)} -> ${one.containerPort}/${one.protocol}`)
    .join(', ');
  const verb = container.running ? 'publishes' : `is ${container.state} and claims`;
  return { source: 'engine', detail: `Container ${container.name} (${container.image}) ${verb} ${published}` };
}

function findOwnPorts(findings: Findings, { ownPorts }: DetectionInput): boolean {
  const { wanted } = findings;
  const own = wanted.protocol === 'tcp' ? ownPorts.find(({ port }) => port === wanted.port) : undefined;
  if (own === undefined) return false;
  findings.add(
    `clos:${own.port}`,
    { kind: 'clos', severity: 'blocking', holder: closHolder(own) },
    { source: 'clos', detail: `CLOS uses tcp ${own.port} for its ${own.name}` },
  );
  return true;
}

/**
 * Sockets that the wanted one cannot live beside block; those that it can live beside but that answer to `localhost` in the
 * other family shadow it. True when a socket explains a refused bind.
 */
function findListeners(findings: Findings, input: DetectionInput, probe: BindResult): boolean {
  const { wanted } = findings;
  const claim = claimOf(wanted);
  let explained = false;
  for (const listener of input.listeners) {
    if (listener.protocol !== wanted.protocol || listener.port !== wanted.port) continue;
    const collision = hostCollision(listener, claim);
    // Whether a `::` socket takes IPv4 too, only the bind can tell.
    const meets = collision === 'yes' || (collision === 'unknown' && probe !== 'free');
    const who = attributeListener(listener, wanted, input);
    explained ||= meets;
    if (who.own) continue;
    if (meets) addListener(findings, who, listener);
    else if (!findings.has(who.key) && shadows(listener, wanted)) addShadow(findings, who, listener);
  }
  return explained;
}

function addListener(findings: Findings, who: Attribution, listener: Listener): void {
  const { kind, holder } = who;
  const { owner } = listener;
  findings.add(who.key, { kind, severity: 'blocking', holder }, listenerEvidence(listener));
  findings.improve(who.key, (known) => enrich(known, who, listener));
  if (kind === 'process' && owner !== null && owner.protectedReason !== null) {
    const detail = `${owner.name} must not be ended. ${owner.protectedReason}`;
    findings.add(who.key, { kind, severity: 'blocking', holder }, { source: 'system', detail });
  }
}

function addShadow(findings: Findings, who: Attribution, listener: Listener): void {
  const { wanted } = findings;
  const key = `shadow:${who.key}`;
  const kind = 'shadowed';
  findings.add(key, { kind, severity: 'warning', holder: who.holder }, listenerEvidence(listener));
  findings.add(
    key,
    { kind, severity: 'warning', holder: who.holder },
    {
      source: 'system',
      detail: `localhost:${wanted.port} can reach ${socketText(listener)} instead of ${socketText(wanted)}, depending on which address family a program tries first`,
    },
  );
}

function shadows(listener: Listener, wanted: WantedPort): boolean {
  const ours = localhostFamilies(claimOf(wanted));
  const theirs = localhostFamilies(listener);
  return ours.size > 0 && theirs.size > 0;
}

function listenerEvidence(listener: Listener): Evidence {
  const { protocol, inode, owner } = listener;
  const process = owner === null ? `, owned by ${listener.user}` : `, process ${owner.pid} (${owner.name})`;
  const number = inode === 0 ? '' : `, inode ${inode}`;
  return { source: 'listener', detail: `${protocol} ${socketText(listener)}${number}${process}` };
}

/** A bind was refused and nobody is there: either listeners are invisible here, or it is something that passes. */
function findUnexplained(findings: Findings, { limitation }: DetectionInput): void {
  const { wanted } = findings;
  const what = `${wanted.protocol} ${socketText(wanted)}`;
  if (limitation !== null) {
    findings.add(
      'unknown',
      { kind: 'process', severity: 'blocking', holder: { ...unknownHolder('a process'), protected: true } },
      { source: 'system', detail: limitation },
    );
    return;
  }
  findings.add(
    'temporary',
    { kind: 'temporary', severity: 'blocking', holder: unknownHolder('a connection') },
    {
      source: 'system',
      detail: `Nobody listens on ${what}; a connection that is still open uses it, or a socket that does not listen. It usually passes`,
    },
  );
}

/** A stopped container holds nothing, so it only warns; where the port is held anyway, it is one more thing to know. */
function findStoppedContainers(findings: Findings, input: DetectionInput): void {
  const { wanted } = findings;
  for (const container of input.containers) {
    if (container.running || !containerMeets(container, wanted)) continue;
    const who = attributeContainer(container, wanted, input);
    if (who.own || findings.has(who.key)) continue;
    if (findings.blocked) findings.remark(engineEvidence(container, wanted));
    else addContainer(findings, who, container);
  }
}

/**
 * What the system itself says about the port: an address that is not there blocks, and an excluded range where the bind was not
 * allowed; the rest is advice.
 */
function findLimits(findings: Findings, { limits }: DetectionInput, probe: BindResult): void {
  const { wanted } = findings;
  const { ephemeral, privilegedBelow, reserved } = limits;
  if (probe === 'unavailable') {
    findings.add(
      'address',
      { kind: 'reserved', severity: 'blocking', holder: systemHolder('address') },
      { source: 'probe', detail: `${wanted.address} is not an address of this host, or its family is switched off` },
    );
  }
  if (wanted.port < privilegedBelow && probe === 'forbidden' && wanted.byEngine !== true) {
    findings.add(
      'privileged',
      { kind: 'reserved', severity: 'warning', holder: systemHolder('privileged ports') },
      { source: 'system', detail: `Ports below ${privilegedBelow} need a privilege that CLOS does not have` },
    );
  }
  const excluded = excludedRange(limits, wanted);
  if (excluded !== undefined) {
    const severity = probe === 'forbidden' || probe === 'unavailable' ? 'blocking' : 'warning';
    findings.add(
      'excluded',
      { kind: 'reserved', severity, holder: systemHolder('excluded ports') },
      {
        source: 'system',
        detail: `${wanted.port} lies in ${excluded.from}-${excluded.to}, which the system keeps for itself, Hyper-V or WSL: netsh interface ipv4 show excludedportrange protocol=${wanted.protocol}`,
      },
    );
    return;
  }
  if (wanted.port >= ephemeral.from && wanted.port <= ephemeral.to && !reserved.includes(wanted.port)) {
    findings.add(
      'ephemeral',
      { kind: 'reserved', severity: 'warning', holder: systemHolder('ephemeral ports') },
      {
        source: 'system',
        detail: `${wanted.port} lies in ${ephemeral.from}-${ephemeral.to}, from which the system gives ports to outgoing connections: one day it can be taken`,
      },
    );
  }
}
