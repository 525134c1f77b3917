import { isIPv6 } from 'node:net';
import { findLauncher } from '#main/host/launcher.ts';
import type { Host } from '#main/host/platform.ts';
import { readForRestart } from '#main/host/read-for-restart.ts';
import type { ProcessInfo } from '#main/host/types.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict, Evidence } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { Range, Suggestion } from '#shared/contract/ports.ts';
import type { Checker } from './check.ts';
import type { Finding } from './detect.ts';
import { type Launcher, proposeOptions } from './options.ts';
import type { WantedPort } from './world.ts';
import type { StoredWorld } from './world-reader.ts';

/** What proposals are made with. */
export interface Proposer {
  checker: Checker;
  host: Host;
}

/**
 * Which of the claims could not be met now, each conflict with what could be done about it.
 *
 * All conflicts of one claim offer the same port; no port is offered to two claims, nor one that another claim asks for. With
 * `look` the listeners are read and nothing is bound: for a watch.
 */
export async function findConflicts(
  proposer: Proposer,
  { claims, how }: { claims: readonly WantedClaim[]; how: 'check' | 'look' },
  world: StoredWorld,
): Promise<DetectedConflict[]> {
  const { checker, host } = proposer;
  const wanted = claims.map((claim): WantedPort => ({ ...claim, byEngine: isBoundByEngine(claim, world) }));
  const findings = await checker[how](wanted, world);
  const suggestPort = suggestOnce(checker, claims, world);
  const conflicts: DetectedConflict[] = [];
  // One after the other: each suggestion must know those before it.
  for (const found of findings) {
    const launcher = await launcherOf(host, found);
    const finding = {
      ...found,
      evidence: [
        ...found.evidence,
        ...launcherEvidence(found, launcher),
        ...(await checkoutEvidence(host, found, world)),
      ],
    };
    const options = await proposeOptions(finding, {
      suggestPort,
      suggestAddress: (one) => suggestAddress(host, one, world),
      launcher,
      services: world.services,
    });
    conflicts.push({ ...finding, options });
  }
  return conflicts;
}

/** What would have to be ended as a whole: the package manager or watcher that the holder runs under, else the holder itself. */
async function launcherOf(host: Host, { holder }: Finding): Promise<Launcher | null> {
  if (holder.type !== 'process' || holder.pid === null || holder.protected) return null;
  const info = await host.describeProcess(holder.pid);
  if (info === null) return null;
  const launcher = await findLauncher(host, info);
  const { pid, name, command } = launcher;
  return { pid, name, command, lostForGood: await whyLostForGood(host, launcher) };
}

async function whyLostForGood(host: Host, launcher: ProcessInfo): Promise<string | null> {
  try {
    await readForRestart(host, launcher);
    return null;
  } catch (error) {
    if (isClosError(error, 'PROCESS_UNREADABLE', 'PROCESS_GONE')) return error.message;
    throw error;
  }
}

function launcherEvidence({ holder }: Finding, launcher: Launcher | null): Evidence[] {
  if (launcher === null || launcher.pid === holder.pid) return [];
  return [{ source: 'system', detail: `${holder.name} runs under ${launcher.command} (pid ${launcher.pid})` }];
}

/** The right program in the wrong place: the same project holds the port, from another checkout than the one that asks. */
async function checkoutEvidence(host: Host, { holder, wanted }: Finding, world: StoredWorld): Promise<Evidence[]> {
  const cwd = world.services.find(({ id }) => id === wanted.serviceId)?.cwd ?? null;
  if (cwd === null || holder.checkout === null) return [];
  const own = await host.findWorkplace(cwd);
  if (own.checkout === null || own.checkout.root === holder.checkout.root) return [];
  if (own.project === null || own.project !== holder.project) return [];
  const place = ({ root, branch }: { root: string; branch: string | null }) =>
    branch === null ? root : `${root} (${branch})`;
  const detail = `Another checkout of ${own.project} answers there: ${place(holder.checkout)} instead of ${place(own.checkout)}`;
  return [{ source: 'system', detail }];
}

const loopbacks = { 4: '127.0.0.1', 6: '::1' } as const;

/**
 * Another address for the same port: the loopback instead of one that this host does not have; a second loopback address for a
 * container, where the system has more than one. What address a plain program binds is its own affair.
 */
async function suggestAddress(
  host: Host,
  { wanted, kind, severity, holder }: Finding,
  world: StoredWorld,
): Promise<string | null> {
  if (
    severity !== 'blocking' ||
    !isBoundByEngine({ service: wanted.serviceId === null ? null : { id: wanted.serviceId } }, world)
  )
    return null;
  const { protocol, port, address } = wanted;
  const missing = kind === 'reserved' && holder.name === 'address';
  const second = (kind === 'process' || kind === 'container') && address === loopbacks[4] && host.platform === 'linux';
  const other = missing ? loopbacks[isIPv6(address) ? 6 : 4] : second ? '127.0.0.2' : null;
  if (other === null || other === address) return null;
  return (await host.probeBind({ protocol, port, address: other })) === 'free' ? other : null;
}

/** The range of this name; null, which stands for any port, when there is none. */
export function findRange(world: StoredWorld, name: string | null): Range | null {
  return world.ranges.find((range) => range.name === name) ?? null;
}

function isBoundByEngine({ service }: { service: { id: string } | null }, world: StoredWorld): boolean {
  return service !== null && world.services.some(({ id, runtime }) => id === service.id && runtime === 'container');
}

/** Suggests one port for each claim, and remembers it for the claim's other conflicts and against the other claims. */
function suggestOnce(checker: Checker, claims: readonly WantedClaim[], world: StoredWorld) {
  const refused = { tcp: new Map<number, string>(), udp: new Map<number, string>() };
  for (const claim of claims) {
    const { protocol, port } = claim;
    if (!refused[protocol].has(port)) refused[protocol].set(port, `asked for by ${nameOf(claim)}`);
  }
  const ranges = new Map(claims.map((claim) => [keyOf(claim, claim.service?.id), claim.range]));
  const suggested = new Map<string, Suggestion | null>();

  return async (wanted: Finding['wanted']): Promise<Suggestion | null> => {
    const key = keyOf(wanted, wanted.serviceId);
    const known = suggested.get(key);
    if (known !== undefined) return known;
    const { protocol, address, port } = wanted;
    const [suggestion = null] = await checker.suggest(
      {
        range: findRange(world, ranges.get(key) ?? null),
        near: port,
        count: 1,
        protocol,
        address,
        refused: new Map(refused[protocol]).set(port, 'in conflict'),
      },
      world,
    );
    suggested.set(key, suggestion);
    if (suggestion !== null) refused[protocol].set(suggestion.port, `offered to ${nameOf(wanted)}`);
    return suggestion;
  };
}

type Claimant = Pick<WantedClaim, 'endpoint' | 'protocol' | 'address' | 'port'>;

function keyOf({ endpoint, protocol, address, port }: Claimant, serviceId: string | null | undefined): string {
  return JSON.stringify([serviceId ?? null, endpoint, protocol, address, port]);
}

/** `web/http`, as a part of a sentence. */
function nameOf({ service, endpoint }: Pick<WantedClaim, 'endpoint'> & { service: string | { name: string } | null }) {
  const name = typeof service === 'object' ? service?.name : service;
  return [name ?? 'another', endpoint].filter((part) => part !== null).join('/');
}
