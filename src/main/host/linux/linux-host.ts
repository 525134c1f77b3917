import { type BindResult, type BindTarget, probeBind } from '../bind-probe.ts';
import { findWorkplace, type Workplace } from '../checkout.ts';
import type { Host } from '../platform.ts';
import { type Ourselves, protectedReason } from '../protection.ts';
import type {
  Listener,
  ListListenersOptions,
  PortLimits,
  ProcessEntry,
  ProcessIdentity,
  ProcessInfo,
  ProcessOwner,
} from '../types.ts';
import { OwnerDescriptions } from './owner-descriptions.ts';
import { readPortLimits } from './port-limits.ts';
import type { SocketRow } from './proc-net.ts';
import { LinuxProcesses } from './process-info.ts';
import { SocketOwners } from './socket-owners.ts';
import { readSocketStamp } from './socket-stamp.ts';
import { readSocketTable } from './socket-table.ts';

const limitsKeptMs = 30_000;

export interface LinuxHostOptions {
  procRoot?: string;
  passwdFile?: string;
}

/** Linux through `/proc`: complete, and without starting a program. */
export class LinuxHost implements Host {
  readonly platform = 'linux';
  readonly limitation = null;
  readonly wildcardSeesAll = true;
  readonly #procRoot: string;
  readonly #owners: SocketOwners;
  readonly #processes: LinuxProcesses;
  readonly #descriptions: OwnerDescriptions;
  #limits: { at: number; value: Promise<PortLimits> } | null = null;

  constructor({ procRoot = '/proc', passwdFile = '/etc/passwd' }: LinuxHostOptions = {}) {
    this.#procRoot = procRoot;
    this.#owners = new SocketOwners(procRoot);
    this.#processes = new LinuxProcesses(procRoot, passwdFile);
    this.#descriptions = new OwnerDescriptions(this.#processes);
  }

  async listListeners({ owners, ports }: ListListenersOptions): Promise<Listener[]> {
    const rows = await readSocketTable(this.#procRoot, ports === undefined ? null : new Set(ports));
    if (!owners || rows.length === 0) return rows.map((row) => this.#listener(row, null));

    const pids = await this.#owners.find(new Set(rows.map((row) => row.inode)));
    const ourselves = this.#ourselves();
    const described = new Map<number, ProcessOwner | null>();
    for (const pid of new Set(pids.values())) described.set(pid, await this.#descriptions.describe(pid, ourselves));
    return rows.map((row) => this.#listener(row, described.get(pids.get(row.inode) ?? 0) ?? null));
  }

  socketStamp(): string | null {
    return readSocketStamp(this.#procRoot);
  }

  async describeProcess(pid: number): Promise<ProcessInfo | null> {
    return await this.#processes.describe(pid);
  }

  async listProcesses(): Promise<ProcessEntry[]> {
    return await this.#processes.list();
  }

  async readEnvironment(identity: ProcessIdentity): Promise<Record<string, string> | null> {
    return await this.#processes.environmentOf(identity);
  }

  async isAlive({ pid, startTicks, bootId }: ProcessIdentity): Promise<boolean> {
    return this.#processes.isAlive({ pid, startTicks, bootId });
  }

  async protectedReason(pid: number): Promise<string | null> {
    if (pid <= 1) return 'It is the first process of the system.';
    const info = await this.#processes.describe(pid);
    return info === null ? null : protectedReason(info, this.#ourselves());
  }

  async findWorkplace(cwd: string): Promise<Workplace> {
    return await findWorkplace(cwd);
  }

  async probeBind(target: BindTarget): Promise<BindResult> {
    return await probeBind(target);
  }

  async portLimits(): Promise<PortLimits> {
    const now = performance.now();
    if (this.#limits === null || now - this.#limits.at > limitsKeptMs) {
      this.#limits = { at: now, value: readPortLimits(this.#procRoot) };
    }
    return await this.#limits.value;
  }

  #listener(row: SocketRow, owner: ProcessOwner | null): Listener {
    return { ...row, user: this.#processes.userName(row.uid), owner };
  }

  /** Our ancestors can change (a parent ends and the system adopts us), so they are read each time. */
  #ourselves(): Ourselves {
    const { pid } = process;
    return { pid, ancestors: this.#processes.ancestors(pid), sessionId: this.#processes.sessionOf(pid) };
  }
}
