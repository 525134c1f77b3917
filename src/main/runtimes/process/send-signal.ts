/** What became of a signal: it was sent, there was nobody to take it, or the system forbids us to send it. */
export type SignalOutcome = 'sent' | 'gone' | 'denied';

export interface SignalTarget {
  pid: number;
  /** `group`: every process of the group that `pid` leads, where the platform has groups. */
  scope: 'process' | 'group';
}

/**
 * The one place where CLOS signals what is not one of its own modules. Whoever calls it has asked `decideSignal` in this very
 * moment.
 *
 * Between that look and this call some microseconds remain in which the process can end and its number be given away: Node has no
 * handle on a foreign process (pidfd). The kernel hands out numbers in a circle, so for a wrong hit it would have to start some
 * ten thousand processes in that time.
 */
export function sendSignal({ pid, scope }: SignalTarget, signal: 'SIGTERM' | 'SIGKILL'): SignalOutcome {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`${pid} must never be signalled`);
  try {
    process.kill(scope === 'group' && process.platform !== 'win32' ? -pid : pid, signal);
    return 'sent';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'denied';
    throw error;
  }
}
