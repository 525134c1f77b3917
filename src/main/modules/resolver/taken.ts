import type { PortLimits } from '#main/host/types.ts';
import { excludedRange } from './excluded.ts';
import type { World } from './world.ts';

export interface PortJudgement {
  taken(port: number): string | null;
  avoided(port: number): string | null;
}

/**
 * Judges ports of one protocol by what is known without asking the system. A port that anybody leases, holds or claims on any
 * address counts as taken: a port is given to one endpoint of the host. So does one of an excluded range, which can rarely be bound.
 */
export function judgePorts(world: World, limits: PortLimits, protocol: string): PortJudgement {
  const taken = new Map<number, string>();
  // The last writer wins, so the weightiest reason comes last.
  for (const running of [false, true]) {
    for (const container of world.containers.filter((one) => one.running === running)) {
      const reason = `${running ? 'held' : 'claimed'} by the ${running ? '' : 'stopped '}container ${container.name}`;
      for (const port of container.ports) if (port.protocol === protocol) taken.set(port.port, reason);
    }
  }
  for (const lease of world.leases) {
    if (lease.protocol === protocol) {
      taken.set(lease.port, lease.service === null ? `reserved (${lease.note})` : `leased to ${lease.service.name}`);
    }
  }
  if (protocol === 'tcp') for (const { name, port } of world.ownPorts) taken.set(port, `used by CLOS (${name})`);

  const reserved = new Set(limits.reserved);
  return {
    taken: (port) => {
      const excluded = excludedRange(limits, { protocol, port });
      return (
        taken.get(port) ?? (excluded === undefined ? null : `in the excluded range ${excluded.from}-${excluded.to}`)
      );
    },
    avoided: (port) => {
      if (port < limits.privilegedBelow) return 'a privileged port';
      const { from, to } = limits.ephemeral;
      if (port >= from && port <= to && !reserved.has(port)) return `in the ephemeral range ${from}-${to}`;
      return null;
    },
  };
}
