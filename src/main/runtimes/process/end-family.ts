import { setTimeout as delay } from 'node:timers/promises';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { ProcessIdentity } from '../../host/types.ts';
import { type Family, keyOf } from './family.ts';
import type { EndPhase } from './types.ts';

export interface EndFamilyOptions {
  /** How long they may take to end by themselves, in milliseconds. */
  graceMs: number;
  onPhase?: ((phase: EndPhase) => void) | undefined;
  /** Waits so long, or shorter when something has happened. */
  pause?: ((milliseconds: number) => Promise<void>) | undefined;
}

/** How long the rest may take to end when the root has: usually it has passed the signal on, and asking twice means "at once". */
const settleMs = 300;
/** How long the kernel may take to let go of a process that was ended by force. */
const forcedWithinMs = 10_000;
const lookEveryMs = 250;

/**
 * Ends a family: asks, waits for the grace period, ends by force what is left. Resolves when nobody lives; true when force was needed.
 *
 * In a session of its own everybody is asked at once. Elsewhere only the root is asked at first, because whoever runs others passes
 * the signal on, and takes the death of a child for a crash to mend. The rest is asked when the root has gone without them, or when
 * half of the time is over.
 *
 * Rejects with PROCESS_GONE or PROCESS_PROTECTED when the root must not be signalled; nobody was then.
 */
export async function endFamily(
  family: Family,
  { graceMs, onPhase, pause = delay }: EndFamilyOptions,
): Promise<boolean> {
  await family.look();
  await family.signal(family.root, 'SIGTERM', family.owned ? 'group' : 'process');
  onPhase?.('asked');
  const outside = (identity: ProcessIdentity) => !family.isInGroup(identity);
  if (family.owned) await ask(family, (await family.living()).filter(outside));

  const askedAt = performance.now();
  let lookedAt = askedAt;
  let rootGoneAt: number | null = null;
  let restAsked = family.owned;
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    const living = await family.living();
    if (living.length === 0) return false;
    const now = performance.now();
    const left = graceMs - (now - askedAt);
    if (left <= 0) break;
    if (now - lookedAt >= lookEveryMs) {
      await family.look();
      lookedAt = now;
    }
    if (!living.some((identity) => identity === family.root)) rootGoneAt ??= now;
    if (!restAsked && (left <= graceMs / 2 || (rootGoneAt !== null && now - rootGoneAt >= settleMs))) {
      restAsked = true;
      await family.look();
      await ask(family, living);
    }
    await pause(Math.min(wait, left));
  }

  onPhase?.('forced');
  await force(family, pause);
  return true;
}

/** Asks everybody but the root, who was asked first of all. */
async function ask(family: Family, living: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of living) if (keyOf(identity) !== keyOf(family.root)) await family.signal(identity, 'SIGTERM');
}

async function force(family: Family, pause: (milliseconds: number) => Promise<void>): Promise<void> {
  const since = performance.now();
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    // Who was ended in mid-air may have started others before.
    await family.look();
    const living = await family.living();
    const [first] = living;
    if (first === undefined) return;
    if (performance.now() - since > forcedWithinMs) {
      throw new ClosError(
        'PROCESS_STUCK',
        `The system does not let go of process ${first.pid}, although it was ended by force.`,
      );
    }
    for (const identity of living) {
      const isRoot = identity === family.root;
      await family.signal(identity, 'SIGKILL', isRoot && family.owned ? 'group' : 'process').catch((error: unknown) => {
        // It has ended in this very moment.
        if (!isClosError(error, 'PROCESS_GONE')) throw error;
      });
    }
    await pause(wait);
  }
}
