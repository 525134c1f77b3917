import { BindOnlyHost } from './bind-only-host.ts';
import { LinuxHost } from './linux/linux-host.ts';
import type { Host } from './platform.ts';

/** The host that this process runs on. A platform without support answers through bind probes only and says so. */
export function createHost(platform: NodeJS.Platform = process.platform): Host {
  return platform === 'linux' ? new LinuxHost() : new BindOnlyHost(platform);
}
