import { readOurselves } from '../../host/ourselves.ts';
import type { Host } from '../../host/platform.ts';
import { carriesUs, type Ourselves, protectedReason, userProtectedReason } from '../../host/protection.ts';
import type { ProcessIdentity, ProcessInfo } from '../../host/types.ts';

/** All that the decision to signal a process rests on, read right before it. */
export interface SignalFacts {
  /** The process that somebody decided to end, as it was when they decided. */
  wanted: ProcessIdentity;
  /** What has its number now; null when nothing has. */
  found: ProcessInfo | null;
  /** Whether exactly the wanted process lives, looked at last. */
  alive: boolean;
  ourselves: Ourselves;
  /** Programs that the user has put out of bounds, by name. */
  userProtected: readonly string[];
  /** We have started it: what it is called protects it no more, what it is to us still does. */
  owned: boolean;
}

export type SignalDecision =
  | { allowed: true }
  | { allowed: false; code: 'PROCESS_GONE' | 'PROCESS_PROTECTED'; reason: string };

/** Whether a process may be signalled. Decides from the facts alone; when in doubt, no. */
export function decideSignal(facts: SignalFacts): SignalDecision {
  const { wanted, found, alive, ourselves, userProtected, owned } = facts;
  if (!Number.isSafeInteger(wanted.pid) || wanted.pid <= 1) return refused('It is the first process of the system.');
  if (found === null || !alive) return gone(`Process ${wanted.pid} has ended.`);
  if (!isSame(wanted, found))
    return gone(`Process ${wanted.pid} has ended, and its number belongs to another one now.`);
  const reason = owned ? carriesUs(found.pid, ourselves) : protectedReason(found, ourselves);
  if (reason !== null) return refused(reason);
  const users = owned ? null : userProtectedReason(found, userProtected);
  return users === null ? { allowed: true } : refused(users);
}

/** Reads the facts anew, the life of the process last. Decide at once: they are true for this moment. */
export async function readSignalFacts(
  host: Host,
  wanted: ProcessIdentity,
  rules: Pick<SignalFacts, 'userProtected' | 'owned'>,
): Promise<SignalFacts> {
  const ourselves = await readOurselves(host);
  const found = await host.describeProcess(wanted.pid);
  const alive = await host.isAlive(wanted);
  return { wanted, found, alive, ourselves, ...rules };
}

function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;
}

function refused(reason: string): SignalDecision {
  return { allowed: false, code: 'PROCESS_PROTECTED', reason };
}

function gone(reason: string): SignalDecision {
  return { allowed: false, code: 'PROCESS_GONE', reason };
}
