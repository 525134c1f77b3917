import { isIPv6 } from 'node:net';
import { probeConnect } from './connect-probe.ts';
import type { Host } from './platform.ts';
import type { SocketProtocol } from './types.ts';

/** A port that a service of ours claims, and at which somebody may appear. */
export interface WatchedClaim {
  protocol: SocketProtocol;
  /** Where it is, or would be, bound. */
  address: string;
  port: number;
  /** Our own service runs and answers there: it must not be bothered with connections. */
  quiet?: boolean;
}

/** Who is at a port, by `tcp 3000`: sockets (`127.0.0.1 81723`) by the table, or families (`4`) that took a connection. */
export type Answers = Map<string, Set<string>>;

const connectTimeoutMs = 1000;
const connectionsAtOnce = 64;
const loopbacks = [
  { family: '4', address: '127.0.0.1' },
  { family: '6', address: '::1' },
] as const;

export function keyOf({ protocol, port }: Pick<WatchedClaim, 'protocol' | 'port'>): string {
  return `${protocol} ${port}`;
}

/** Asks the table of listeners, whatever their address. */
export async function readAnswers(
  host: Pick<Host, 'listListeners'>,
  claims: readonly WatchedClaim[],
): Promise<Answers> {
  const answers: Answers = new Map(claims.map((claim) => [keyOf(claim), new Set<string>()]));
  const ports = [...new Set(claims.map(({ port }) => port))];
  for (const listener of await host.listListeners({ owners: false, ports })) {
    answers.get(keyOf(listener))?.add(`${listener.address} ${listener.inode}`);
  }
  return answers;
}

/**
 * Asks by a connection to both loopback addresses. TCP only; a family in which our own service answers is left out, and keeps the
 * answer that is known. So does, unless `everybody` is asked, one that took a connection the last time.
 */
export async function connectForAnswers(
  claims: readonly WatchedClaim[],
  { known, everybody }: { known: ReadonlyMap<string, ReadonlySet<string>>; everybody: boolean },
): Promise<Answers> {
  const tcp = claims.filter(({ protocol }) => protocol === 'tcp');
  const answers: Answers = new Map(tcp.map((claim) => [keyOf(claim), new Set(known.get(keyOf(claim)))]));
  const own = new Set(
    tcp
      .filter(({ quiet }) => quiet === true)
      .flatMap((claim) => familiesOf(claim).map((family) => `${keyOf(claim)} ${family}`)),
  );
  const questions = [...answers].flatMap(([key, families]) =>
    loopbacks
      .filter(({ family }) => !own.has(`${key} ${family}`) && (everybody || !families.has(family)))
      .map((loopback) => ({ ...loopback, port: Number(key.split(' ')[1]), families })),
  );
  for (let start = 0; start < questions.length; start += connectionsAtOnce) {
    const batch = questions.slice(start, start + connectionsAtOnce);
    await Promise.all(
      batch.map(async ({ family, address, port, families }) => {
        const said = await probeConnect({ address, port, timeoutMs: connectTimeoutMs, windowMs: 0 });
        if (said === 'refused' || said === 'unreachable') families.delete(family);
        else families.add(family);
      }),
    );
  }
  return answers;
}

/** The families in which a claim's own service answers; a `::` may answer in both. */
function familiesOf({ address }: WatchedClaim): readonly string[] {
  if (address === '::') return ['4', '6'];
  return [isIPv6(address) ? '6' : '4'];
}
