import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readStart } from '../bounded-read.ts';
import { commandText, processName } from '../command-text.ts';
import { TimeSlice } from '../time-slice.ts';
import type { ProcessEntry, ProcessIdentity, ProcessInfo } from '../types.ts';

/** The unit of the start time in `/proc/<pid>/stat`: fixed at 100 per second towards programs on every Linux that Node runs on. */
const ticksPerSecond = 100;
const maxArgvBytes = 64 * 1024;
/** More than the kernel gives to arguments and environment together under the usual limit of the stack. */
const maxEnvironmentBytes = 2 * 1024 * 1024;
const maxAncestors = 64;
const usersKeptMs = 1000;

interface Users {
  at: number;
  version: string;
  names: Map<number, string>;
}

interface ProcessStat {
  comm: string;
  /** One letter; `Z` is one whose first thread has ended. */
  state: string;
  /** Threads that have not ended; the first one counts until its parent has noticed. */
  threads: number;
  ppid: number;
  processGroup: number;
  sessionId: number;
  hasTerminal: boolean;
  startTicks: number;
}

/** Fields of `/proc/<pid>/stat` (proc_pid_stat(5)); the name stands in parentheses and may itself contain some. */
function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const rest = text.slice(close + 2).split(' ');
  const number = (index: number) => Number(rest[index]);
  const startTicks = number(19);
  if (!Number.isFinite(startTicks)) return null;
  return {
    comm: text.slice(open + 1, close),
    state: rest[0] ?? '',
    threads: number(17),
    ppid: number(1),
    processGroup: number(2),
    sessionId: number(3),
    hasTerminal: number(4) !== 0,
    startTicks,
  };
}

/**
 * True for a process that has ended and waits for its parent to notice. Its files and sockets are open until the last of its
 * threads has ended: one that was killed shows as a zombie a little before that, and one whose first thread ends by itself for as
 * long as it lives.
 */
function hasEnded({ state, threads }: ProcessStat): boolean {
  return state === 'Z' && threads <= 1;
}

/**
 * The container that a process runs in, by the innermost 64-digit id in its control groups: `/docker/<id>` (v1),
 * `docker-<id>.scope` (systemd), `libpod-<id>.scope`, `cri-containerd-<id>.scope`.
 */
function parseContainerId(cgroup: string): string | null {
  for (const line of cgroup.split('\n')) {
    const path = line.split(':').slice(2).join(':');
    const ids = path.match(/(?<=^|[/:-])[0-9a-f]{64}(?=$|[/.])/g);
    const innermost = ids?.at(-1);
    if (innermost !== undefined) return innermost;
  }
  return null;
}

/** Names of users by uid, from the text of `/etc/passwd`. */
function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    const number = Number(uid);
    if (name && uid && Number.isInteger(number) && !names.has(number)) names.set(number, name);
  }
  return names;
}

/**
 * Describes processes from `/proc`, without starting a program.
 *
 * The small files are read synchronously: some microseconds each, where a trip through the thread pool costs a hundred. Only the
 * arguments are not: the kernel reads them from the process's own memory and may have to wait for it.
 */
export class LinuxProcesses {
  readonly #procRoot: string;
  readonly #passwdFile: string;
  #users: Users | null = null;
  #boot: { id: string; seconds: number } | null = null;
  #ownContainer: string | null | undefined;

  constructor(procRoot: string, passwdFile: string) {
    this.#procRoot = procRoot;
    this.#passwdFile = passwdFile;
  }

  /** Null when there is no such process (any more). Details that another user's process hides are null. */
  async describe(pid: number): Promise<ProcessInfo | null> {
    if (!Number.isSafeInteger(pid) || pid < 1) return null;
    const before = this.#stat(pid);
    const cmdline = await readStart(join(this.#procRoot, String(pid), 'cmdline'), maxArgvBytes);
    const status = this.#text(pid, 'status');
    const cwd = this.#link(pid, 'cwd');
    const executable = this.#link(pid, 'exe');
    const containerId = this.#containerOf(pid);
    const ancestors = this.ancestors(pid);
    // Read again last: had the pid passed to another process meanwhile, the parts would not belong together.
    const stat = this.#stat(pid);
    if (stat === null || stat.startTicks !== before?.startTicks) return null;
    const argv = splitArgv(cmdline ?? '');
    const boot = this.#bootFacts();
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status ?? '')?.[1] ?? Number.NaN);
    return {
      pid,
      name: processName(stat.comm, argv, executable),
      command: argv.length > 0 ? commandText(argv) : `[${stat.comm}]`,
      argv,
      executable,
      cwd,
      user: Number.isNaN(uid) ? 'unknown' : this.userName(uid),
      uid: Number.isNaN(uid) ? -1 : uid,
      startedAt: new Date(boot.seconds * 1000 + (stat.startTicks * 1000) / ticksPerSecond).toISOString(),
      startTicks: stat.startTicks,
      bootId: boot.id,
      ppid: stat.ppid,
      sessionId: stat.sessionId,
      hasTerminal: stat.hasTerminal,
      containerId,
      ancestors,
    };
  }

  /** Every process but those that have ended and wait for their parent to notice. Some 15 µs each, in slices of 5 ms. */
  async list(): Promise<ProcessEntry[]> {
    const slice = new TimeSlice();
    const bootId = this.#bootFacts().id;
    const entries: ProcessEntry[] = [];
    for (const name of readdirSync(this.#procRoot)) {
      const pid = Number(name);
      if (!Number.isSafeInteger(pid)) continue;
      const stat = this.#stat(pid);
      if (stat === null || hasEnded(stat)) continue;
      const { ppid, processGroup, sessionId, startTicks } = stat;
      entries.push({ pid, startTicks, bootId, ppid, processGroup, sessionId });
      if (slice.spent) await slice.rest();
    }
    return entries;
  }

  /** What `/proc/<pid>/environ` says: the environment at the start, readable by its own user and by root. */
  async environmentOf(identity: ProcessIdentity): Promise<Record<string, string> | null> {
    const path = join(this.#procRoot, String(identity.pid), 'environ');
    const text = await readStart(path, maxEnvironmentBytes);
    // Looked at last: the text is of this process only if it still is this one.
    return text === null || !this.isAlive(identity) ? null : parseEnvironment(text);
  }

  /** Parents of a process, the nearest first, up to and including pid 1; at most 64. */
  ancestors(pid: number): number[] {
    const chain: number[] = [];
    let current = pid;
    while (chain.length < maxAncestors) {
      const parent = this.#stat(current)?.ppid ?? 0;
      if (parent < 1 || chain.includes(parent)) break;
      chain.push(parent);
      current = parent;
    }
    return chain;
  }

  /** True while exactly this process lives, be it with one of its threads, and so may hold a port. */
  isAlive({ pid, startTicks, bootId }: ProcessIdentity): boolean {
    const stat = this.#stat(pid);
    return stat !== null && stat.startTicks === startTicks && !hasEnded(stat) && this.#bootFacts().id === bootId;
  }

  /** When a process started, in ticks since the boot; null when it is gone. */
  startTicksOf(pid: number): number | null {
    return this.#stat(pid)?.startTicks ?? null;
  }

  /** The id of a process's session, 0 when it is gone. */
  sessionOf(pid: number): number {
    return this.#stat(pid)?.sessionId ?? 0;
  }

  /** The name of a user; at most once a second it is seen whether the user database has changed. */
  userName(uid: number): string {
    const now = performance.now();
    if (this.#users === null || now - this.#users.at > usersKeptMs) this.#users = this.#readUsers(now);
    return this.#users.names.get(uid) ?? String(uid);
  }

  #readUsers(at: number): Users {
    try {
      const { mtimeMs, size } = statSync(this.#passwdFile);
      const version = `${mtimeMs}:${size}`;
      if (this.#users?.version === version) return { ...this.#users, at };
      return { at, version, names: parsePasswd(readFileSync(this.#passwdFile, 'utf8')) };
    } catch {
      return { at, version: '', names: new Map() };
    }
  }

  #stat(pid: number): ProcessStat | null {
    const text = this.#text(pid, 'stat');
    return text === null ? null : parseStat(text);
  }

  #containerOf(pid: number): string | null {
    if (this.#ownContainer === undefined) {
      this.#ownContainer = parseContainerId(this.#text('self', 'cgroup') ?? '');
    }
    const id = parseContainerId(this.#text(pid, 'cgroup') ?? '');
    return id === this.#ownContainer ? null : id;
  }

  /** The boot does not change while we run; its time does, a little, when the clock is set, so it is kept from the first look. */
  #bootFacts(): { id: string; seconds: number } {
    if (this.#boot === null) {
      const read = (path: string) => {
        try {
          return readFileSync(join(this.#procRoot, path), 'latin1');
        } catch {
          return '';
        }
      };
      this.#boot = {
        id: read('sys/kernel/random/boot_id').trim(),
        seconds: Number(/^btime (\d+)/m.exec(read('stat'))?.[1] ?? 0),
      };
    }
    return this.#boot;
  }

  // A process may end, or belong to someone else, between any two of these reads: that is an answer, not a failure.
  #text(pid: number | 'self', file: string): string | null {
    try {
      return readFileSync(`${this.#procRoot}/${pid}/${file}`, 'utf8');
    } catch {
      return null;
    }
  }

  #link(pid: number, name: string): string | null {
    try {
      return readlinkSync(`${this.#procRoot}/${pid}/${name}`);
    } catch {
      return null;
    }
  }
}

/** Arguments end with a zero byte each; a program that writes its title there leaves one text padded with zeros. */
function splitArgv(cmdline: string): string[] {
  if (cmdline === '') return [];
  const [first = '', ...rest] = cmdline.replace(/\0$/, '').split('\0');
  if (rest.some((argument) => argument !== '')) return [first, ...rest];
  return first === '' ? [] : [first];
}

/** Pairs end with a zero byte each; a program that writes its title over them leaves text without names. */
function parseEnvironment(text: string): Record<string, string> {
  const pairs = text.split('\0').flatMap((pair) => {
    const equals = pair.indexOf('=');
    return equals < 1 ? [] : [[pair.slice(0, equals), pair.slice(equals + 1)] as const];
  });
  return Object.fromEntries(pairs);
}
