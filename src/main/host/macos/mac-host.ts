import { basename } from 'node:path';
import { type BindResult, type BindTarget, probeBind } from '../bind-probe.ts';
import { findWorkplace, type Workplace } from '../checkout.ts';
import { commandText } from '../command-text.ts';
import type { Host } from '../platform.ts';
import { describeOwner } from '../process-owner.ts';
import { type Ourselves, protectedReason } from '../protection.ts';
import { type RunProgram, runProgram } from '../run-program.ts';
import { shareLooks } from '../share-looks.ts';
import type {
  Listener,
  ListListenersOptions,
  PortLimits,
  ProcessEntry,
  ProcessIdentity,
  ProcessInfo,
  ProcessOwner,
} from '../types.ts';
import { type LsofFiles, type LsofSocket, parseLsofFiles, parseLsofSockets } from './lsof-output.ts';
import {
  ancestorsOf,
  argvOf,
  entriesOf,
  type PsProcess,
  parseEnvironment,
  parsePs,
  psColumns,
  psNameColumns,
  sessionOf,
} from './ps-output.ts';
import { macosReason } from './system-programs.ts';

/** Where macOS has its tools. */
export const macosTools = { lsof: '/usr/sbin/lsof', ps: '/bin/ps', sysctl: '/usr/sbin/sysctl' } as const;

/** Dates in English and in UTC, names in UTF-8, whatever the user's settings. */
const plainOutput = { LC_ALL: '', LC_CTYPE: 'en_US.UTF-8', LC_TIME: 'C', LC_MESSAGES: 'C', TZ: 'UTC' };
const limitsKeptMs = 30_000;

export interface MacHostOptions {
  tools?: Record<keyof typeof macosTools, string>;
  run?: RunProgram;
  /** Of this process. Everybody but root sees only their own processes' sockets. */
  uid?: number;
}

/**
 * macOS through its own tools: `lsof`, `ps` and `sysctl`, started on demand.
 *
 * What these cannot tell: the arguments of a process come joined by spaces, and a start to the second. Without root only sockets
 * of one's own processes are visible; the ports of others are found held by a bind, without a name.
 */
export class MacHost implements Host {
  readonly platform = 'darwin';
  readonly wildcardSeesAll = false;
  readonly #tools: Record<keyof typeof macosTools, string>;
  readonly #run: RunProgram;
  readonly #uid: number;
  readonly #sockets: () => Promise<LsofSocket[]>;
  readonly #table: () => Promise<ReadonlyMap<number, PsProcess>>;
  #bootId: Promise<string> | null = null;
  #limits: { at: number; value: Promise<PortLimits> } | null = null;
  #mute = false;

  constructor({ tools = macosTools, run = runProgram, uid = process.getuid?.() ?? 0 }: MacHostOptions = {}) {
    this.#tools = tools;
    this.#run = run;
    this.#uid = uid;
    this.#sockets = shareLooks(() => this.#readSockets());
    this.#table = shareLooks(() => this.#readTable());
  }

  get limitation(): string | null {
    if (this.#mute) return 'lsof gives no answer; CLOS can tell that a port is taken, not by whom.';
    if (this.#uid === 0) return null;
    return 'macOS shows only the sockets of your own processes; that another user has a port can be told, not who.';
  }

  async listListeners({ owners, ports }: ListListenersOptions): Promise<Listener[]> {
    const wanted = ports === undefined ? null : new Set(ports);
    const all = await this.#sockets();
    const sockets = wanted === null ? all : all.filter(({ port }) => wanted.has(port));
    if (sockets.length === 0) return [];
    // One process to a socket: which one of several, only their parents tell.
    const table = owners ? await this.#table() : new Map<number, PsProcess>();
    const shown = outermost(sockets, table);
    const described = owners ? await this.#describeOwners(shown, table) : new Map<number, ProcessOwner>();
    return shown.map(({ protocol, family, address, port, uid, user, pid }) => ({
      protocol,
      family,
      address,
      port,
      inode: 0,
      v6only: null,
      uid,
      user,
      owner: described.get(pid) ?? null,
    }));
  }

  /** There are counters (`netstat -s`), but only a program that prints them. */
  socketStamp(): null {
    return null;
  }

  async describeProcess(pid: number): Promise<ProcessInfo | null> {
    if (!Number.isSafeInteger(pid) || pid < 1) return null;
    const [table, files] = await Promise.all([this.#table(), this.#readFiles([pid])]);
    return await this.#infoOf(pid, table, files.get(pid));
  }

  async listProcesses(): Promise<ProcessEntry[]> {
    const [table, bootId] = await Promise.all([this.#table(), this.#readBootId()]);
    return entriesOf(table, bootId);
  }

  async readEnvironment(identity: ProcessIdentity): Promise<Record<string, string> | null> {
    const pid = String(identity.pid);
    const all = await this.#ps('-E', '-ww', '-o', 'command=', '-p', pid);
    const command = await this.#ps('-ww', '-o', 'command=', '-p', pid);
    // Looked at last: the text is of this process only if it still is this one.
    if (all === null || command === null || !(await this.isAlive(identity))) return null;
    return parseEnvironment(all, command.trim());
  }

  async isAlive({ pid, startTicks, bootId }: ProcessIdentity): Promise<boolean> {
    if (!Number.isSafeInteger(pid) || pid < 1) return false;
    const text = await this.#ps('-o', psColumns, '-p', String(pid));
    const found = parsePs(text ?? '', '').get(pid);
    if (found === undefined || found.state.startsWith('Z')) return false;
    return found.startedAt === startTicks && (await this.#readBootId()) === bootId;
  }

  async protectedReason(pid: number): Promise<string | null> {
    if (pid <= 1) return 'It is the first process of the system.';
    const info = await this.describeProcess(pid);
    if (info === null) return null;
    return protectedReason(info, ourselvesIn(await this.#table())) ?? macosReason(info);
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
      this.#limits = { at: now, value: this.#readLimits() };
    }
    return await this.#limits.value;
  }

  async #describeOwners(
    sockets: readonly LsofSocket[],
    table: ReadonlyMap<number, PsProcess>,
  ): Promise<Map<number, ProcessOwner>> {
    const pids = [...new Set(sockets.map(({ pid }) => pid))];
    const files = await this.#readFiles(pids);
    const owners = new Map<number, ProcessOwner>();
    for (const pid of pids) {
      const info = await this.#infoOf(pid, table, files.get(pid));
      if (info !== null) owners.set(pid, await describeOwner(info, ourselvesIn(table), macosReason));
    }
    return owners;
  }

  async #infoOf(
    pid: number,
    table: ReadonlyMap<number, PsProcess>,
    files: LsofFiles | undefined,
  ): Promise<ProcessInfo | null> {
    const row = table.get(pid);
    if (row === undefined) return null;
    const argv = argvOf(row);
    const executable = files?.executable ?? (row.program.startsWith('/') ? row.program : null);
    const name = basename(executable ?? row.program);
    return {
      pid,
      name,
      command: argv.length > 0 ? commandText(argv) : `[${name}]`,
      argv,
      executable,
      cwd: files?.cwd ?? null,
      user: row.user,
      uid: row.uid,
      startedAt: new Date(row.startedAt * 1000).toISOString(),
      startTicks: row.startedAt,
      bootId: await this.#readBootId(),
      ppid: row.ppid,
      sessionId: sessionOf(pid, table),
      hasTerminal: row.hasTerminal,
      containerId: null,
      ancestors: ancestorsOf(pid, table),
    };
  }

  async #readSockets(): Promise<LsofSocket[]> {
    // Not `-sTCP:LISTEN`: it hides the UDP sockets too.
    const args = ['-nP', '-w', '+c0', '-iTCP', '-iUDP', '-FpcuLftdPnT'];
    const text = await this.#run({ program: this.#tools.lsof, args, env: plainOutput });
    this.#mute = text === null;
    return parseLsofSockets(text ?? '');
  }

  async #readFiles(pids: readonly number[]): Promise<Map<number, LsofFiles>> {
    const args = ['-nP', '-w', '-a', '-d', 'cwd,txt', '-p', pids.join(','), '-Ffn'];
    return parseLsofFiles((await this.#run({ program: this.#tools.lsof, args, env: plainOutput })) ?? '');
  }

  async #readTable(): Promise<ReadonlyMap<number, PsProcess>> {
    const [table, names] = await Promise.all([
      this.#ps('-axww', '-o', psColumns),
      this.#ps('-axww', '-o', psNameColumns),
    ]);
    return parsePs(table ?? '', names ?? '');
  }

  async #ps(...args: string[]): Promise<string | null> {
    return await this.#run({ program: this.#tools.ps, args, env: plainOutput });
  }

  async #sysctl(...names: string[]): Promise<string[]> {
    const text = await this.#run({ program: this.#tools.sysctl, args: ['-n', ...names] });
    return (text ?? '').split('\n').map((line) => line.trim());
  }

  async #readBootId(): Promise<string> {
    this.#bootId ??= this.#sysctl('kern.bootsessionuuid').then(([id = '']) => id);
    return await this.#bootId;
  }

  /** Since macOS 10.14 a wildcard address needs no privilege, others do; what is asked here is mostly the loopback. */
  async #readLimits(): Promise<PortLimits> {
    const [from, to] = await this.#sysctl('net.inet.ip.portrange.first', 'net.inet.ip.portrange.last');
    return {
      ephemeral: { from: Number(from) || 49_152, to: Number(to) || 65_535 },
      privilegedBelow: 1024,
      reserved: [],
      excluded: [],
    };
  }
}

/** Of the processes that share a socket the outermost: the one whose end frees the port together with its children. */
function outermost(sockets: readonly LsofSocket[], table: ReadonlyMap<number, PsProcess>): LsofSocket[] {
  const shared = new Map<string, LsofSocket[]>();
  for (const socket of sockets) {
    const { protocol, address, port, pid, device } = socket;
    const key = `${protocol} ${address} ${port} ${device === '' ? pid : device}`;
    shared.set(key, [...(shared.get(key) ?? []), socket]);
  }
  return [...shared.values()].flatMap((holders) => {
    // launchd may have opened it for a service, which then is the one to ask about.
    const others = holders.filter(({ pid }) => pid > 1);
    const pids = new Set(others.map(({ pid }) => pid));
    const outer = others.find(({ pid }) => !ancestorsOf(pid, table).some((ancestor) => pids.has(ancestor)));
    return outer === undefined ? holders.slice(0, 1) : [outer];
  });
}

function ourselvesIn(table: ReadonlyMap<number, PsProcess>): Ourselves {
  const { pid } = process;
  return { pid, ancestors: ancestorsOf(pid, table), sessionId: sessionOf(pid, table) };
}
