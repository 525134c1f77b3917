import { join } from 'node:path';
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
  SocketProtocol,
} from '../types.ts';
import {
  parseAnswer,
  parseDynamicRange,
  parseExcludedRanges,
  splitCommandLine,
  type WindowsAnswer,
  type WindowsProcess,
} from './powershell-output.ts';
import { ownersScript, processesScript, processScript, socketsScript } from './scripts.ts';
import { windowsReason } from './system-programs.ts';

const limitsKeptMs = 30_000;
const maxAncestors = 64;
/** A longer list would not fit into a command line beside the rest; then the users of all sockets are asked for. */
const mostPortsNamed = 2000;

/** Where Windows has its tools. */
export function windowsTools(systemRoot = process.env.SystemRoot ?? 'C:\\Windows') {
  const system32 = join(systemRoot, 'System32');
  return {
    powershell: join(system32, 'WindowsPowerShell', 'v1.0', 'powershell.exe'),
    netsh: join(system32, 'netsh.exe'),
  };
}

export interface WindowsHostOptions {
  tools?: ReturnType<typeof windowsTools>;
  run?: RunProgram;
}

/**
 * Windows through PowerShell and `netsh`, started on demand; each takes a good part of a second.
 *
 * What these cannot tell: the folder and the environment of a process. So a project and a checkout are never known.
 */
export class WindowsHost implements Host {
  readonly platform = 'win32';
  readonly wildcardSeesAll = false;
  readonly #tools: ReturnType<typeof windowsTools>;
  readonly #run: RunProgram;
  readonly #sockets: () => Promise<WindowsAnswer | null>;
  readonly #processes: () => Promise<WindowsAnswer | null>;
  #limits: { at: number; value: Promise<PortLimits> } | null = null;
  #mute = false;

  constructor({ tools = windowsTools(), run = runProgram }: WindowsHostOptions = {}) {
    this.#tools = tools;
    this.#run = run;
    this.#sockets = shareLooks(() => this.#ask(socketsScript));
    this.#processes = shareLooks(() => this.#ask(processesScript([])));
  }

  get limitation(): string | null {
    return this.#mute ? 'PowerShell gives no answer; CLOS can tell that a port is taken, not by whom.' : null;
  }

  async listListeners({ owners, ports }: ListListenersOptions): Promise<Listener[]> {
    const named = ports === undefined || ports.length > mostPortsNamed ? null : ports;
    const answer = await (owners ? this.#ask(ownersScript(named)) : this.#sockets());
    if (answer === null) return [];
    const wanted = ports === undefined ? null : new Set(ports);
    const sockets = wanted === null ? answer.sockets : answer.sockets.filter(({ port }) => wanted.has(port));
    const described = new Map<number, ProcessOwner | null>();
    if (owners) {
      const ourselves = ourselvesIn(answer);
      for (const pid of new Set(sockets.map((socket) => socket.pid))) {
        const info = infoOf(pid, answer);
        described.set(pid, info === null ? null : await describeOwner(info, ourselves, windowsReason));
      }
    }
    return sockets.map(({ protocol, family, address, port, pid }) => {
      const owner = described.get(pid) ?? null;
      const user = owner?.user ?? 'unknown';
      return { protocol, family, address, port, inode: 0, v6only: null, uid: -1, user, owner };
    });
  }

  socketStamp(): null {
    return null;
  }

  async describeProcess(pid: number): Promise<ProcessInfo | null> {
    if (!Number.isSafeInteger(pid) || pid < 1) return null;
    const answer = await this.#ask(processesScript([pid]));
    return answer === null ? null : infoOf(pid, answer);
  }

  /** Windows has neither groups nor sessions of processes in the sense of the others: each process stands for itself. */
  async listProcesses(): Promise<ProcessEntry[]> {
    const answer = await this.#processes();
    if (answer === null) return [];
    return [...answer.processes.values()].map((one) => ({
      ...identityOf(one, answer),
      ppid: parentOf(one, answer)?.pid ?? 0,
      processGroup: one.pid,
      sessionId: one.pid,
    }));
  }

  async readEnvironment(): Promise<null> {
    return null;
  }

  async isAlive({ pid, startTicks, bootId }: ProcessIdentity): Promise<boolean> {
    if (!Number.isSafeInteger(pid) || pid < 1) return false;
    const answer = await this.#ask(processScript(pid));
    const found = answer?.processes.get(pid);
    if (answer === null || found === undefined) return false;
    const now = identityOf(found, answer);
    return now.startTicks === startTicks && now.bootId === bootId;
  }

  async protectedReason(pid: number): Promise<string | null> {
    const answer = await this.#ask(processesScript([pid]));
    const info = answer === null ? null : infoOf(pid, answer);
    if (answer === null || info === null) return null;
    return protectedReason(info, ourselvesIn(answer)) ?? windowsReason(info);
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

  async #ask(script: string): Promise<WindowsAnswer | null> {
    const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', script];
    const text = await this.#run({ program: this.#tools.powershell, args });
    const answer = parseAnswer(text ?? '');
    this.#mute = answer === null;
    return answer;
  }

  /** No port needs a privilege on Windows. IPv6 has ranges of its own; where these differ, the bind tells. */
  async #readLimits(): Promise<PortLimits> {
    const [dynamic, tcp, udp] = await Promise.all([
      this.#netsh('dynamicport', 'tcp'),
      this.#netsh('excludedportrange', 'tcp'),
      this.#netsh('excludedportrange', 'udp'),
    ]);
    return {
      ephemeral: parseDynamicRange(dynamic) ?? { from: 49_152, to: 65_535 },
      privilegedBelow: 0,
      reserved: [],
      excluded: [...parseExcludedRanges(tcp, 'tcp'), ...parseExcludedRanges(udp, 'udp')],
    };
  }

  async #netsh(what: string, protocol: SocketProtocol): Promise<string> {
    const args = ['interface', 'ipv4', 'show', what, `protocol=${protocol}`];
    return (await this.#run({ program: this.#tools.netsh, args })) ?? '';
  }
}

function identityOf({ pid, startedAt }: WindowsProcess, { bootId }: WindowsAnswer): ProcessIdentity {
  return { pid, startTicks: startedAt ?? 0, bootId };
}

/** A parent may have ended and its pid passed on: a process that started later is no parent. */
function parentOf({ pid, ppid, startedAt }: WindowsProcess, { processes }: WindowsAnswer): WindowsProcess | null {
  const parent = processes.get(ppid);
  if (parent === undefined || parent.pid === pid) return null;
  return (parent.startedAt ?? 0) > (startedAt ?? Number.POSITIVE_INFINITY) ? null : parent;
}

function ancestorsOf(pid: number, answer: WindowsAnswer): number[] {
  const chain: number[] = [];
  let current = answer.processes.get(pid);
  while (current !== undefined && chain.length < maxAncestors) {
    const parent = parentOf(current, answer);
    if (parent === null || chain.includes(parent.pid)) break;
    chain.push(parent.pid);
    current = parent;
  }
  return chain;
}

function infoOf(pid: number, answer: WindowsAnswer): ProcessInfo | null {
  const found = answer.processes.get(pid);
  if (found === undefined) return null;
  const argv = splitCommandLine(found.commandLine ?? '');
  return {
    ...identityOf(found, answer),
    name: found.name,
    command: argv.length > 0 ? commandText(argv) : `[${found.name}]`,
    argv,
    executable: found.executable,
    cwd: null,
    user: found.user ?? 'unknown',
    uid: -1,
    startedAt: new Date((found.startedAt ?? 0) / 1000).toISOString(),
    ppid: parentOf(found, answer)?.pid ?? 0,
    sessionId: pid,
    hasTerminal: false,
    containerId: null,
    ancestors: ancestorsOf(pid, answer),
  };
}

function ourselvesIn(answer: WindowsAnswer): Ourselves {
  const { pid } = process;
  return { pid, ancestors: ancestorsOf(pid, answer), sessionId: pid };
}
