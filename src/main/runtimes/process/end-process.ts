import { ClosError } from '#shared/contract/clos-error.ts';
import type { Host } from '../../host/platform.ts';
import type { ProcessIdentity } from '../../host/types.ts';
import { decideSignal, readSignalFacts } from './decide-signal.ts';
import { endFamily } from './end-family.ts';
import { Family, type SparedProcess } from './family.ts';
import type { EndPhase } from './types.ts';

export interface EndProcessOptions {
  /** How long it may take to end by itself, in milliseconds; then it is ended by force. */
  graceMs: number;
  /** Names of programs that the user has put out of bounds. */
  userProtected?: readonly string[] | undefined;
  onPhase?: ((phase: EndPhase) => void) | undefined;
}

export interface EndedProcess {
  /** It did not end within the grace period. */
  forced: boolean;
  /** What was found below it and left alone. */
  spared: readonly SparedProcess[];
}

/**
 * Ends a process that somebody else has started, and its children. Which one is to end is the caller's choice (see
 * `outermostLauncher`); whether it may be is decided here, anew before every signal and for every child.
 *
 * Rejects with PROCESS_PROTECTED and the reason, and with PROCESS_GONE when it has ended or its number has passed to another one.
 * Then nothing was signalled.
 */
export async function endProcess(
  host: Host,
  identity: ProcessIdentity,
  { graceMs, userProtected = [], onPhase }: EndProcessOptions,
): Promise<EndedProcess> {
  const rules = { userProtected, owned: false };
  const decision = decideSignal(await readSignalFacts(host, identity, rules));
  if (!decision.allowed) throw new ClosError(decision.code, decision.reason);
  const family = new Family(host, identity, rules);
  const forced = await endFamily(family, { graceMs, onPhase });
  return { forced, spared: family.spared };
}
