import type { BindResult, BindTarget } from '#main/host/bind-probe.ts';
import { probeConnect } from '#main/host/connect-probe.ts';
import type { Host } from '#main/host/platform.ts';
import type { Listener, SocketProtocol } from '#main/host/types.ts';
import type { Range, Suggestion } from '#shared/contract/ports.ts';
import { suggestPorts } from './allocate.ts';
import { claimOf, containerMeets, withEngineFamily } from './attribute.ts';
import { hostCollision, isEverywhere } from './claims.ts';
import { detectConflicts, type Finding } from './detect.ts';
import { judgePorts } from './taken.ts';
import type { WantedPort, World } from './world.ts';

/** Sockets that probes may have open at once. */
const probesAtOnce = 64;
const wildcard = '::';
const loopback = '127.0.0.1';
const connectTimeoutMs = 1000;
const otherAddresses = ['127.0.0.1', '::1', '0.0.0.0', '::'];

export interface SuggestRequest {
  range: Range | null;
  near: number | null;
  count: number;
  protocol: SocketProtocol;
  address: string;
  /** Ports that are out of the question although they look free, with the reason (`in conflict`). */
  refused?: ReadonlyMap<number, string>;
}

export interface Checker {
  /**
   * Which of the wanted ports could not be had now. A free port costs one bind probe; sockets and processes are read only when
   * a probe meets something. Writes nothing. Rejects when the system has no sockets left to ask with.
   */
  check(wanted: readonly WantedPort[], world: World): Promise<Finding[]>;
  /**
   * The same by the table of listeners alone, without a bind: for a watch, which must never be a holder itself. It cannot see what
   * holds a port without listening.
   */
  look(wanted: readonly WantedPort[], world: World): Promise<Finding[]>;
  /** Ports that are free by all that is known, and whose bind has just succeeded. */
  suggest(request: SuggestRequest, world: World): Promise<Suggestion[]>;
}

interface Probe {
  result: BindResult;
  /** Somebody has something at this port, though it need not be in the way. */
  contested: boolean;
}

export function createChecker({ host }: { host: Host }): Checker {
  return {
    async check(wanted, world) {
      const [limits, probes] = await Promise.all([
        host.portLimits(),
        inBatches(wanted, (one) => probe(host, claimTarget(one))),
      ]);
      const contested = wanted.filter((_, index) => probes[index]?.contested);
      const ports = [...new Set(contested.map(({ port }) => port))];
      const listeners = ports.length === 0 ? [] : await host.listListeners({ owners: true, ports });
      const results = await inBatches(wanted, async (one, index) => {
        const result = probes[index]?.result ?? 'free';
        // What nobody explains may have been another's probe, or a socket that closed while we looked: ask once more.
        const again = result === 'used' && !isExplained(one, listeners, world);
        return again ? await host.probeBind(claimTarget(one)) : result;
      });
      return detectConflicts({ ...world, wanted, probes: results, listeners, limits, limitation: host.limitation });
    },

    async look(wanted, world) {
      const ports = [...new Set(wanted.map(({ port }) => port))];
      const [limits, listeners] = await Promise.all([
        host.portLimits(),
        ports.length === 0 ? [] : host.listListeners({ owners: true, ports }),
      ]);
      const known = listeners.map((listener) => withEngineFamily(listener, world));
      const probes = await inBatches(wanted, (one) => judgeUnbound(one, known));
      return detectConflicts({ ...world, wanted, probes, listeners: known, limits, limitation: host.limitation });
    },

    async suggest(request, world) {
      const { range, near, count, protocol, address } = request;
      const judgement = judgePorts(world, await host.portLimits(), protocol);
      const refused = new Map(request.refused);
      for (;;) {
        const suggestions = suggestPorts({
          range,
          near,
          count,
          taken: (port) => refused.get(port) ?? judgement.taken(port),
          avoided: judgement.avoided,
        });
        const probes = await inBatches(suggestions, ({ port }) => probe(host, { protocol, address, port }));
        const used = suggestions.filter((_, index) => probes[index]?.contested);
        if (used.length === 0) return suggestions;
        for (const { port } of used) refused.set(port, 'in use');
      }
    },
  };
}

function claimTarget(wanted: WantedPort): BindTarget {
  const { protocol, address, port } = wanted;
  return { protocol, address, port, v6only: claimOf(wanted).v6only === true };
}

/**
 * Asks first whether the port is untouched on every address, by one bind of `::`; only when it is not, whether the wanted
 * address can be had. Where a wildcard does not see all (`wildcardSeesAll`), each usual address is asked.
 */
async function probe(host: Host, target: BindTarget): Promise<Probe> {
  const { protocol, port, address } = target;
  if (!host.wildcardSeesAll) return await probeEach(host, target);
  const everywhere = await host.probeBind({ protocol, address: wildcard, port });
  if (everywhere === 'free' && isEverywhere(address)) return { result: 'free', contested: false };
  if (everywhere === 'forbidden') return { result: 'forbidden', contested: true };
  const result = await host.probeBind(target);
  return { result, contested: everywhere === 'used' || result === 'used' };
}

async function probeEach(host: Host, target: BindTarget): Promise<Probe> {
  const result = await host.probeBind(target);
  if (result !== 'free') return { result, contested: result === 'used' };
  for (const address of otherAddresses) {
    const other = { ...target, address };
    if (hostCollision(other, target) === 'no' || address === target.address) continue;
    if ((await host.probeBind(other)) === 'used') return { result: 'used', contested: true };
  }
  return { result, contested: false };
}

/**
 * What a bind would say, by the table alone. Whether a `::` takes IPv4 too the table does not tell: over TCP a connection does, at
 * the cost of one that the program sees; over UDP nothing does without a bind, and most do.
 */
async function judgeUnbound(wanted: WantedPort, listeners: readonly Listener[]): Promise<BindResult> {
  const collisions = new Set(listeners.map((listener) => hostCollision(listener, claimOf(wanted))));
  if (collisions.has('yes')) return 'used';
  if (!collisions.has('unknown')) return 'free';
  if (wanted.protocol === 'udp') return 'used';
  const address = isEverywhere(wanted.address) ? loopback : wanted.address;
  const said = await probeConnect({ address, port: wanted.port, timeoutMs: connectTimeoutMs, windowMs: 0 });
  return said === 'refused' ? 'free' : 'used';
}

function isExplained(wanted: WantedPort, listeners: readonly Listener[], world: World): boolean {
  return (
    listeners.some((listener) => hostCollision(listener, claimOf(wanted)) !== 'no') ||
    world.containers.some((container) => container.running && containerMeets(container, wanted))
  );
}

async function inBatches<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += probesAtOnce) {
    const batch = items.slice(start, start + probesAtOnce);
    results.push(...(await Promise.all(batch.map((item, offset) => work(item, start + offset)))));
  }
  return results;
}
