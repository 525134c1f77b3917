import { currentLoad, mem } from 'systeminformation';

/** How busy the machine is. */
export interface HostLoad {
  /** 0 to 1, over all cores, since the last reading. */
  cpuRatio: number;
  memoryBytes: number;
  /** What programs could still have without swapping. */
  memoryAvailableBytes: number;
}

/** Reads the load now. On Linux from /proc alone, without starting a program. */
export async function readHostLoad(): Promise<HostLoad> {
  const [load, memory] = await Promise.all([currentLoad(), mem()]);
  return { cpuRatio: load.currentLoad / 100, memoryBytes: memory.total, memoryAvailableBytes: memory.available };
}
