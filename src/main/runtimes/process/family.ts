import { ClosError } from '#shared/contract/clos-error.ts';
import type { Host } from '../../host/platform.ts';
import type { ProcessEntry, ProcessIdentity } from '../../host/types.ts';
import { decideSignal, readSignalFacts, type SignalFacts } from './decide-signal.ts';
import { type SignalTarget, sendSignal } from './send-signal.ts';

/** A process that was found below the one to end and is left alone, with all that is below it. */
export interface SparedProcess {
  identity: ProcessIdentity;
  /** A sentence for people. */
  reason: string;
}

export interface Kinship {
  root: ProcessIdentity;
  /** Keys of `keyOf`: who is known to belong to it. */
  members: ReadonlySet<string>;
  /** The root leads a session of its own, so its group and session belong to it whoever their parents are. */
  leadsSession: boolean;
}

/** A pid and a start: within one boot nobody else has both. */
export function keyOf({ pid, startTicks }: ProcessIdentity): string {
  return `${pid}:${startTicks}`;
}

/**
 * The next generation of a family, from one look at the process table: children of living members, and in a session of their own
 * the others of the session or group.
 *
 * The kernel gives the number of a group or session to nobody else while somebody is in it. So it tells who belongs together for as
 * long as a known member is in it; a number whose members have all gone may be anybody's.
 */
export function kinOf(table: readonly ProcessEntry[], { root, members, leadsSession }: Kinship): ProcessEntry[] {
  const living = table.filter((entry) => members.has(keyOf(entry)));
  const parents = new Set(living.map(({ pid }) => pid));
  const group = leadsSession && living.some(({ processGroup }) => processGroup === root.pid);
  const session = leadsSession && living.some(({ sessionId }) => sessionId === root.pid);
  return table.filter(
    (entry) =>
      !members.has(keyOf(entry)) &&
      (parents.has(entry.ppid) ||
        (group && entry.processGroup === root.pid) ||
        (session && entry.sessionId === root.pid)),
  );
}

/**
 * A process and what it has started, as far as it may be ended. Whoever was seen once is remembered: a child whose parent has ended
 * belongs to the system, and could not be found again.
 */
export class Family {
  readonly root: ProcessIdentity;
  readonly spared: SparedProcess[] = [];
  readonly #host: Host;
  readonly #rules: Pick<SignalFacts, 'userProtected' | 'owned'>;
  /** Outermost first, as they were found. */
  readonly #members = new Map<string, { identity: ProcessIdentity; inGroup: boolean }>();

  constructor(host: Host, root: ProcessIdentity, rules: Pick<SignalFacts, 'userProtected' | 'owned'>) {
    this.root = root;
    this.#host = host;
    this.#rules = rules;
    this.#members.set(keyOf(root), { identity: root, inGroup: true });
  }

  /** We have started the root, in a session of its own. */
  get owned(): boolean {
    return this.#rules.owned;
  }

  /** Takes in who has come since the last look, children before their children; protected ones are spared, and so is who is below. */
  async look(): Promise<void> {
    const table = await this.#host.listProcesses();
    const seen = new Set([...this.#members.keys(), ...this.spared.map(({ identity }) => keyOf(identity))]);
    for (;;) {
      const members = new Set(this.#members.keys());
      const kin = kinOf(table, { root: this.root, members, leadsSession: this.owned });
      const fresh = kin.filter((entry) => !seen.has(keyOf(entry)));
      if (fresh.length === 0) return;
      for (const { pid, startTicks, bootId, processGroup } of fresh) {
        const identity = { pid, startTicks, bootId };
        seen.add(keyOf(identity));
        const decision = decideSignal(await readSignalFacts(this.#host, identity, this.#rules));
        if (decision.allowed) this.#members.set(keyOf(identity), { identity, inGroup: processGroup === this.root.pid });
        else if (decision.code === 'PROCESS_PROTECTED') this.spared.push({ identity, reason: decision.reason });
      }
    }
  }

  /** Who still lives, outermost first. */
  async living(): Promise<ProcessIdentity[]> {
    const living: ProcessIdentity[] = [];
    for (const { identity } of this.#members.values()) if (await this.#host.isAlive(identity)) living.push(identity);
    return living;
  }

  /** True for who gets a signal with the root's group. */
  isInGroup(identity: ProcessIdentity): boolean {
    return this.#members.get(keyOf(identity))?.inGroup ?? false;
  }

  /**
   * Signals one member, if it is still the same process and may be signalled; who may not be is spared from here on. One that is
   * gone is no error. For the root a refusal rejects, with PROCESS_GONE or PROCESS_PROTECTED.
   */
  async signal(
    identity: ProcessIdentity,
    signal: 'SIGTERM' | 'SIGKILL',
    scope: SignalTarget['scope'] = 'process',
  ): Promise<void> {
    const decision = decideSignal(await readSignalFacts(this.#host, identity, this.#rules));
    if (decision.allowed) {
      const outcome = sendSignal({ pid: identity.pid, scope }, signal);
      if (outcome === 'denied') this.#spare(identity, 'It belongs to another user, and CLOS may not end it.');
    } else if (decision.code === 'PROCESS_PROTECTED') this.#spare(identity, decision.reason);
    else if (identity === this.root) throw new ClosError('PROCESS_GONE', decision.reason);
  }

  #spare(identity: ProcessIdentity, reason: string): void {
    if (identity === this.root) {
      throw new ClosError('PROCESS_PROTECTED', `Process ${identity.pid} must not be ended. ${reason}`);
    }
    this.#members.delete(keyOf(identity));
    this.spared.push({ identity, reason });
  }
}
