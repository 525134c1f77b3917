import type { Host } from './platform.ts';
import type { Ourselves } from './protection.ts';

/** Who we are and what we stand on, read anew: our ancestors change when a parent ends and the system adopts us. */
export async function readOurselves(host: Host): Promise<Ourselves> {
  const { pid, ppid } = process;
  const info = await host.describeProcess(pid);
  return { pid, ancestors: info?.ancestors ?? [ppid], sessionId: info?.sessionId ?? 0 };
}
