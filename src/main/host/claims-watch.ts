import type { Logger } from 'pino';
import { type Answers, connectForAnswers, keyOf, readAnswers, type WatchedClaim } from './claim-answers.ts';
import type { Host } from './platform.ts';

export type { WatchedClaim } from './claim-answers.ts';

export interface ClaimsWatchOptions {
  host: Pick<Host, 'socketStamp' | 'listListeners'>;
  log: Pick<Logger, 'warn'>;
  /** Called with the claimed ports at which somebody appeared, went or was replaced since the last look, in ascending order. */
  onChange(ports: readonly number[]): void;
  /** Between two glances at the stamp. */
  intervalMs?: number;
  /** Between two looks where the stamp has not changed. */
  fullEveryMs?: number;
}

export interface ClaimsWatch {
  /** Replaces the claims. A new one counts as a port at which nobody was yet, one that is left out is forgotten. */
  setClaims(claims: readonly WatchedClaim[]): void;
  start(): void;
  /** Looks at everything now. Resolves after `onChange` was called, if it had to be. */
  look(): Promise<void>;
  /** Resolves when nothing runs any more; `onChange` is not called again. */
  stop(): Promise<void>;
}

const shortestRestMs = 300;
const longestRestMs = 2000;
/** After a look it rests so many times as long as the look took. */
const restRatio = 20;
/** Where there is no stamp. Forty refused connections take 2.4 ms. */
const askEveryMs = 3000;

/**
 * Notices who appears at claimed ports and who goes, for next to nothing while nothing happens.
 *
 * Every 700 ms it compares the host's socket stamp. When that has changed, and every fifteen seconds for what a stamp
 * cannot show, it reads the listener table without owners: this is cheaper than a connection to each of twenty ports, sees
 * every address and who is replaced, and disturbs nobody. However busy the machine, looks are a rest apart; a change that
 * falls into the rest is seen after it.
 *
 * Where the host has no stamp, its table costs the start of a program, and no program is started by a timer. There the claimed
 * TCP ports are asked by connections, every three seconds, those that answered before every fifteen; UDP ports by `look` alone.
 *
 * What it costs while nothing happens is in docs/benchmarks.md (row 14); about a third of that is the waking up.
 *
 * Nothing is ever bound: a bind is itself a holder. Timers do not keep the process alive; without claims there are none.
 */
export function createClaimsWatch(options: ClaimsWatchOptions): ClaimsWatch {
  const { host, log, onChange, intervalMs = 700, fullEveryMs = 15_000 } = options;
  let claims: readonly WatchedClaim[] = [];
  let known: Answers = new Map();
  let started = false;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let pending = 0;
  let running: Promise<void> = Promise.resolve();
  /** What the last look saw; null before the first one, and when new claims ask for one. */
  let last: { stamp: string | null; at: number; fullAt: number } | null = null;
  let restUntil = 0;
  let failing = false;

  function keepTime(): void {
    const wanted = started && claims.length > 0;
    if (wanted && timer === null) timer = setInterval(tick, intervalMs).unref();
    if (wanted || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  function tick(): void {
    const now = performance.now();
    if (pending > 0 || now < restUntil) return;
    const stamp = host.socketStamp();
    const full = last === null || now - last.fullAt >= fullEveryMs;
    const due = stamp === null ? now - (last?.at ?? 0) >= askEveryMs : stamp !== last?.stamp;
    if (full || due) void look({ full, byHand: false });
  }

  function look(how: { full: boolean; byHand: boolean }): Promise<void> {
    pending++;
    running = running.then(() => lookOnce(how)).finally(() => pending--);
    return running;
  }

  async function lookOnce({ full, byHand }: { full: boolean; byHand: boolean }): Promise<void> {
    if (claims.length === 0) return;
    const began = performance.now();
    // Read before the look: what changes during it is looked at again.
    const stamp = host.socketStamp();
    last = { stamp, at: began, fullAt: full ? began : (last?.fullAt ?? began) };
    try {
      const answers = stamp === null ? await ask({ full, byHand }) : await readAnswers(host, claims);
      failing = false;
      if (!stopped) take(answers);
    } catch (error) {
      // What was known stays; the next look comes in its time.
      if (!failing) log.warn({ err: error }, 'the claimed ports could not be looked at');
      failing = true;
    }
    const rest = Math.min(Math.max(shortestRestMs, (performance.now() - began) * restRatio), longestRestMs);
    restUntil = performance.now() + rest;
  }

  async function ask({ full, byHand }: { full: boolean; byHand: boolean }): Promise<Answers> {
    const answers = await connectForAnswers(claims, { known, everybody: full });
    const datagram = claims.filter(({ protocol }) => protocol === 'udp');
    if (!byHand || datagram.length === 0) return answers;
    return new Map([...answers, ...(await readAnswers(host, datagram))]);
  }

  /** Claims may have been replaced since the look began: those that still stand are compared. */
  function take(answers: Answers): void {
    const ports = new Set<number>();
    for (const claim of claims) {
      const key = keyOf(claim);
      const now = answers.get(key);
      if (now === undefined) continue;
      const before = known.get(key) ?? new Set();
      if (before.symmetricDifference(now).size > 0) ports.add(claim.port);
    }
    for (const claim of claims)
      known.set(keyOf(claim), answers.get(keyOf(claim)) ?? known.get(keyOf(claim)) ?? new Set());
    if (ports.size > 0) onChange([...ports].sort((a, b) => a - b));
  }

  return {
    setClaims(next) {
      claims = [...next];
      const keys = new Set(claims.map(keyOf));
      if (!keys.isSubsetOf(new Set(known.keys()))) last = null;
      known = new Map([...known].filter(([key]) => keys.has(key)));
      keepTime();
    },
    start() {
      started = true;
      stopped = false;
      keepTime();
    },
    look: () => look({ full: true, byHand: true }),
    async stop() {
      started = false;
      stopped = true;
      keepTime();
      await running;
    },
  };
}
