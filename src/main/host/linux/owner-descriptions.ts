import { describeOwner } from '../process-owner.ts';
import type { Ourselves } from '../protection.ts';
import type { ProcessOwner } from '../types.ts';
import type { LinuxProcesses } from './process-info.ts';

const keptMs = 2000;
const keptProcesses = 512;

/**
 * Describes the owners of sockets, and remembers them for two seconds: checks of a start, its options and its retry ask for the
 * same few processes. Never ask here right before a signal; `Host.isAlive` and `Host.protectedReason` look anew.
 */
export class OwnerDescriptions {
  readonly #processes: LinuxProcesses;
  readonly #kept = new Map<number, { startTicks: number; at: number; owner: Promise<ProcessOwner | null> }>();

  constructor(processes: LinuxProcesses) {
    this.#processes = processes;
  }

  /** Null when there is no such process any more. */
  async describe(pid: number, ourselves: Ourselves): Promise<ProcessOwner | null> {
    const startTicks = this.#processes.startTicksOf(pid);
    if (startTicks === null) return null;
    const known = this.#kept.get(pid);
    const now = performance.now();
    if (known !== undefined && known.startTicks === startTicks && now - known.at < keptMs) return await known.owner;
    const owner = this.#describe(pid, ourselves);
    this.#kept.delete(pid);
    this.#kept.set(pid, { startTicks, at: now, owner });
    if (this.#kept.size > keptProcesses) {
      const oldest = this.#kept.keys().next();
      if (!oldest.done) this.#kept.delete(oldest.value);
    }
    return await owner;
  }

  async #describe(pid: number, ourselves: Ourselves): Promise<ProcessOwner | null> {
    const info = await this.#processes.describe(pid);
    return info === null ? null : await describeOwner(info, ourselves);
  }
}
