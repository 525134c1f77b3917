import type { ProcessEntry } from '../types.ts';

/** One row of `ps -o pid=,ppid=,pgid=,uid=,stat=,tty=,lstart=,user=,command=`, with what `ps -o pid=,comm=` says. */
export interface PsProcess {
  pid: number;
  ppid: number;
  processGroup: number;
  uid: number;
  user: string;
  /** `Z` in it: it has ended and waits for its parent to notice. `s`: it leads a session. */
  state: string;
  hasTerminal: boolean;
  /** Seconds since 1970: ps tells no more exactly. */
  startedAt: number;
  /** The first argument, which is the program as it was called. */
  program: string;
  /** All arguments, joined by spaces that nobody can tell from their own. */
  command: string;
}

export const psColumns = 'pid=,ppid=,pgid=,uid=,stat=,tty=,lstart=,user=,command=';
export const psNameColumns = 'pid=,comm=';

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const row =
  /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(\S+)\s+\w{3}\s+(\w+)\s+(\w+)\s+(\d\d):(\d\d):(\d\d)\s+(\d{4})\s+(\S+)(?:\s(.*))?$/;

/** Takes the output of both calls; times are in UTC (`TZ=UTC`). Processes that only the second knows are left out. */
export function parsePs(table: string, names: string): Map<number, PsProcess> {
  const programs = new Map(
    names.split('\n').flatMap((line) => {
      const [, pid, program] = /^\s*(\d+)\s(.*\S)\s*$/.exec(line) ?? [];
      return program === undefined ? [] : [[Number(pid), program.trim()] as const];
    }),
  );
  return new Map(
    table.split('\n').flatMap((line) => {
      const parsed = parseRow(line, programs);
      return parsed === null ? [] : [[parsed.pid, parsed] as const];
    }),
  );
}

function parseRow(line: string, programs: ReadonlyMap<number, string>): PsProcess | null {
  const fields = row.exec(line);
  if (fields === null) return null;
  const [
    ,
    pid,
    ppid,
    group,
    uid,
    state = '',
    tty = '',
    one = '',
    two = '',
    hour,
    minute,
    second,
    year,
    user = '',
    rest,
  ] = fields;
  // `Nov 24`, and `24 Nov` where the language of the system wants it so.
  const [month, day] = months.includes(one) ? [one, two] : [two, one];
  const [monthIndex, dayOfMonth] = [months.indexOf(month), Number(day)];
  if (monthIndex < 0 || !Number.isInteger(dayOfMonth)) return null;
  const startedAt = Date.UTC(Number(year), monthIndex, dayOfMonth, Number(hour), Number(minute), Number(second)) / 1000;
  const command = (rest ?? '').trim();
  const program = programs.get(Number(pid)) ?? command.split(/\s/, 1)[0] ?? '';
  return {
    pid: Number(pid),
    ppid: Number(ppid),
    processGroup: Number(group),
    uid: Number(uid),
    user,
    state,
    hasTerminal: !/^[?-]+$/.test(tty),
    startedAt,
    program,
    command,
  };
}

/** The arguments, as well as they can be told: a program's path keeps its spaces, other arguments are parted at each. */
export function argvOf({ program, command }: Pick<PsProcess, 'program' | 'command'>): string[] {
  if (command === '') return [];
  const known = command === program || command.startsWith(`${program} `);
  const [first, rest] = known ? [program, command.slice(program.length)] : ['', command];
  return [...(first === '' ? [] : [first]), ...rest.split(/\s+/).filter((word) => word !== '')];
}

/**
 * The environment: what `ps -E` adds to the command. A value goes on until something that looks like a name with `=`. Null when
 * nothing is added, which is what the system does for processes that it protects and for those of others.
 */
export function parseEnvironment(withEnvironment: string, command: string): Record<string, string> | null {
  const text = withEnvironment.trim();
  if (!text.startsWith(command)) return null;
  const pairs = text
    .slice(command.length)
    .split(/\s(?=[A-Za-z_][A-Za-z0-9_]*=)/)
    .flatMap((pair) => {
      const equals = pair.indexOf('=');
      return equals < 1 ? [] : [[pair.slice(0, equals), pair.slice(equals + 1)] as const];
    });
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

/** Parents of a process, the nearest first; at most 64. */
export function ancestorsOf(pid: number, table: ReadonlyMap<number, { ppid: number }>): number[] {
  const chain: number[] = [];
  let parent = table.get(pid)?.ppid ?? 0;
  while (parent >= 1 && chain.length < 64 && !chain.includes(parent) && parent !== pid) {
    chain.push(parent);
    parent = table.get(parent)?.ppid ?? 0;
  }
  return chain;
}

/**
 * The leader of a process's session, as far as it can be told: macOS shows who leads, and not whom. It is the process itself, the
 * leader of its group, or the nearest ancestor that leads. Where none does, the group stands for the session: a part of it.
 */
export function sessionOf(pid: number, table: ReadonlyMap<number, PsProcess>): number {
  const leads = (candidate: number) => table.get(candidate)?.state.includes('s') === true;
  const group = table.get(pid)?.processGroup ?? 0;
  if (leads(pid)) return pid;
  if (leads(group)) return group;
  return ancestorsOf(pid, table).find((ancestor) => ancestor > 1 && leads(ancestor)) ?? group;
}

/** The table as the process runtime wants it, without those that have ended. */
export function entriesOf(table: ReadonlyMap<number, PsProcess>, bootId: string): ProcessEntry[] {
  return [...table.values()]
    .filter(({ state }) => !state.startsWith('Z'))
    .map(({ pid, ppid, processGroup, startedAt }) => ({
      pid,
      startTicks: startedAt,
      bootId,
      ppid,
      processGroup,
      sessionId: sessionOf(pid, table),
    }));
}
