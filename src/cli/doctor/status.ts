import type { EngineStatus } from '#shared/contract/system.ts';
import { type Judged, ok, warn } from './finding.ts';

/** Whether containers can be run. */
export function judgeEngine({ state, name, version, address, found, reason }: EngineStatus): Judged {
  const what = [name, version].filter((part) => part !== null).join(' ') || 'an engine';
  const where = address === null ? '' : ` at ${address}`;
  switch (state) {
    case 'available':
      return ok(`${what}${where}`);
    case 'none':
      return warn(`There is none (${found}).`, 'Install Docker or Podman to run containers; all else does without.');
    case 'unavailable':
      return warn(`${what}${where} is away${reason === null ? '.' : `: ${reason}`}`, 'Start the container engine.');
  }
}

export function judgeConflicts(open: number): Judged {
  if (open === 0) return ok('none is open');
  return warn(open === 1 ? 'One is open.' : `${open} are open.`, 'See them: clos conflicts');
}

/** Whether this machine has the loopback address of IPv6. */
export function judgeIpv6(addresses: readonly string[]): Judged {
  if (addresses.includes('::1')) return ok('::1 is there');
  return warn(
    'There is no ::1: a program that binds it cannot start, and localhost is IPv4 alone.',
    'Turn IPv6 on for the loopback interface (Linux: sudo sysctl net.ipv6.conf.lo.disable_ipv6=0).',
  );
}
