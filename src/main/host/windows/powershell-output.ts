import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { PortLimits, SocketProtocol } from '../types.ts';

/**
 * Reads what the scripts of `scripts.ts` print. PowerShell writes a list of one as the thing alone, and an array that it made
 * itself sometimes as `{ "value": […], "Count": 1 }`, so both are taken for a list.
 */
function listOf<T extends z.ZodType>(item: T) {
  const toArray = (value: unknown): unknown => {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value;
    return typeof value === 'object' && 'value' in value && 'Count' in value ? value.value : [value];
  };
  return z.preprocess(toArray, z.array(item));
}

const socketSchema = z.object({
  LocalAddress: z.string(),
  LocalPort: z.int().min(0).max(65_535),
  OwningProcess: z.int(),
});

const processSchema = z.object({
  ProcessId: z.int(),
  ParentProcessId: z.int(),
  Name: z.string(),
  ExecutablePath: z.string().nullish(),
  CommandLine: z.string().nullish(),
  /** ISO 8601 with seven digits of a second; the System process has none. */
  Started: z.string().nullish(),
});

const userSchema = z.object({ ProcessId: z.int(), User: z.string().nullish() });

const answerSchema = z.object({
  Tcp: listOf(socketSchema),
  Udp: listOf(socketSchema),
  Processes: listOf(processSchema),
  Users: listOf(userSchema),
  BootId: z.int().nullish(),
});

/** A bound socket with the process that has it. */
export interface WindowsSocket {
  protocol: SocketProtocol;
  family: 4 | 6;
  address: string;
  port: number;
  pid: number;
}

export interface WindowsProcess {
  pid: number;
  ppid: number;
  /** Without `.exe`. */
  name: string;
  executable: string | null;
  commandLine: string | null;
  /** Microseconds since 1970; null for what has no start of its own. */
  startedAt: number | null;
  /** `DOMAIN\ada`; null when it was not asked for, or is hidden. */
  user: string | null;
}

export interface WindowsAnswer {
  sockets: WindowsSocket[];
  processes: Map<number, WindowsProcess>;
  /** Grows by one with each boot; empty where the system does not count. */
  bootId: string;
}

/** Null for what is no answer of ours. */
export function parseAnswer(text: string): WindowsAnswer | null {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { Tcp, Udp, Processes, Users, BootId } = parsed.data;
  const users = new Map(Users.map(({ ProcessId, User }) => [ProcessId, User ?? null]));
  return {
    sockets: [...toSockets(Tcp, 'tcp'), ...toSockets(Udp, 'udp')],
    processes: new Map(
      Processes.map((one) => [
        one.ProcessId,
        {
          pid: one.ProcessId,
          ppid: one.ParentProcessId,
          name: one.Name.replace(/\.exe$/i, ''),
          executable: one.ExecutablePath ?? null,
          commandLine: one.CommandLine ?? null,
          startedAt: microseconds(one.Started ?? ''),
          user: users.get(one.ProcessId) ?? null,
        },
      ]),
    ),
    bootId: BootId == null ? '' : String(BootId),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

function toSockets(rows: ReadonlyArray<z.output<typeof socketSchema>>, protocol: SocketProtocol): WindowsSocket[] {
  return rows
    .filter(({ LocalPort }) => LocalPort > 0)
    .map(({ LocalAddress, LocalPort, OwningProcess }) => ({
      protocol,
      family: isIPv6(LocalAddress) ? 6 : 4,
      address: LocalAddress,
      port: LocalPort,
      pid: OwningProcess,
    }));
}

function microseconds(time: string): number | null {
  const [, whole, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(time) ?? [];
  if (whole === undefined) return null;
  return Date.parse(`${whole}Z`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** `netsh interface ipv4 show excludedportrange`: rows of two numbers, whatever the language of the headings. */
export function parseExcludedRanges(text: string, protocol: SocketProtocol): PortLimits['excluded'] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, from, to] = /^\s*(\d+)\s+(\d+)\s*\*?\s*$/.exec(line) ?? [];
    return from === undefined || to === undefined ? [] : [{ protocol, from: Number(from), to: Number(to) }];
  });
}

/** `netsh interface ipv4 show dynamicport`: the first port and how many there are, whatever the language of the words before. */
export function parseDynamicRange(text: string): PortLimits['ephemeral'] | null {
  const numbers = [...text.matchAll(/:\s*(\d+)\s*$/gm)].map(([, digits]) => Number(digits));
  const [from, count] = numbers;
  return numbers.length !== 2 || from === undefined || !count ? null : { from, to: Math.min(from + count - 1, 65_535) };
}

/**
 * Parts a command line as a program's own runtime does (Microsoft's "Parsing C command-line arguments"): quotes keep spaces,
 * backslashes stand for themselves unless a quote follows. The first argument is a path and knows no backslash rule.
 */
export function splitCommandLine(line: string): string[] {
  const [, quoted, plain] = /^\s*(?:"([^"]*)"?|([^\s]+))/.exec(line) ?? [];
  const first = quoted ?? plain;
  if (first === undefined) return [];
  const rest = line.trimStart().slice(quoted === undefined ? first.length : first.length + 2);
  return [first, ...splitArguments(rest)];
}

function splitArguments(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (const [token, slashes = '', quote = ''] of text.matchAll(/(\\+)("?)|"|[^\\"]/g)) {
    const open: string = word ?? '';
    if (slashes !== '' && quote === '') word = open + slashes;
    else if (slashes !== '') {
      word = open + '\\'.repeat(Math.floor(slashes.length / 2));
      if (slashes.length % 2 === 1) word += '"';
      else quoted = !quoted;
    } else if (token === '"') {
      word = open;
      quoted = !quoted;
    } else if (!quoted && /\s/.test(token)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = open + token;
  }
  return word === null ? words : [...words, word];
}
