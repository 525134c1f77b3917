import type { SocketProtocol } from '../types.ts';

/** A socket as `lsof -FpcuLftdPnT` tells of it: one for each process that has it. */
export interface LsofSocket {
  pid: number;
  /** The kernel's name of the process. */
  command: string;
  uid: number;
  user: string;
  protocol: SocketProtocol;
  family: 4 | 6;
  address: string;
  port: number;
  /** Names the socket: processes that share it show the same. Empty when lsof does not tell. */
  device: string;
}

/** The folder and the program of a process, as `lsof -a -d cwd,txt -Ffn` tells. */
export interface LsofFiles {
  cwd: string | null;
  executable: string | null;
}

interface Fields {
  process: Record<string, string>;
  /** In the order of the output, a letter to each value. */
  files: Array<Record<string, string>>;
}

/**
 * Reads lsof's output for programs (lsof(8), "Output for other programs"): each line is a letter and a value; `p` begins a process,
 * `f` one of its files. Letters that nobody asked for are kept, lines that make no sense are passed over.
 */
function parseFields(text: string): Fields[] {
  const processes: Fields[] = [];
  for (const line of text.split('\n')) {
    const letter = line[0];
    if (letter === undefined) continue;
    const value = unescapeName(line.slice(1));
    const current = processes.at(-1);
    if (letter === 'p') processes.push({ process: { p: value }, files: [] });
    else if (letter === 'f') current?.files.push({ f: value });
    // Several things of a connection have the letter T; its state is `ST=LISTEN`.
    else if (letter === 'T' && !value.startsWith('ST=')) continue;
    else if (current !== undefined) (current.files.at(-1) ?? current.process)[letter] = value;
  }
  return processes;
}

/** TCP sockets that listen and UDP sockets that are bound and not connected. What is shown as `*:*` has no port yet. */
export function parseLsofSockets(text: string): LsofSocket[] {
  return parseFields(text).flatMap(({ process, files }) => {
    const pid = Number(process.p);
    if (!Number.isSafeInteger(pid)) return [];
    return files.flatMap((file): LsofSocket[] => {
      const protocol = file.P === 'TCP' ? 'tcp' : file.P === 'UDP' ? 'udp' : null;
      const family = file.t === 'IPv6' ? 6 : file.t === 'IPv4' ? 4 : null;
      if (protocol === null || family === null) return [];
      if (protocol === 'tcp' && file.T !== 'ST=LISTEN') return [];
      const at = readName(file.n ?? '', family);
      if (at === null) return [];
      const uid = Number(process.u ?? Number.NaN);
      return [
        {
          pid,
          command: process.c ?? '',
          uid: Number.isInteger(uid) ? uid : -1,
          user: process.L ?? process.u ?? 'unknown',
          protocol,
          family,
          ...at,
          device: file.d ?? '',
        },
      ];
    });
  });
}

/** Folder and program of each process. The program is the first text file; libraries follow it. */
export function parseLsofFiles(text: string): Map<number, LsofFiles> {
  return new Map(
    parseFields(text).map(({ process, files }) => {
      const pathOf = (kind: string) => {
        const name = files.find(({ f }) => f === kind)?.n;
        // Behind, or in place of, what it may not look at lsof puts words.
        return name?.startsWith('/') === true && !/ \(l?stat: [^)]+\)$/.test(name) ? name : null;
      };
      return [Number(process.p), { cwd: pathOf('cwd'), executable: pathOf('txt') }];
    }),
  );
}

/** `*:3000`, `127.0.0.1:3000`, `[::1]:3000`; null for a connected socket (`…->…`), a port by name, or none. */
function readName(name: string, family: 4 | 6): { address: string; port: number } | null {
  const [, host, digits] = /^(\*|\[[^\]]+\]|[^:[\]>]+):(\d+)$/.exec(name) ?? [];
  if (host === undefined || digits === undefined) return null;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return null;
  if (host === '*') return { address: family === 6 ? '::' : '0.0.0.0', port };
  return { address: plainAddress(host.replace(/^\[|\]$/g, '')), port };
}

/**
 * An address in its usual form. The BSD kernels keep the number of the interface inside of a link-local address, and lsof can show
 * that: `fe80:4::1`, which is `fe80::1%4` in the form of RFC 4007.
 */
function plainAddress(address: string): string {
  const [, prefix, index, rest] = /^(fe[89ab][0-9a-f]):([1-9a-f][0-9a-f]{0,3}):(:.*)$/i.exec(address) ?? [];
  return index === undefined ? address : `${prefix}:${rest}%${Number.parseInt(index, 16)}`;
}

/** lsof writes what it takes for unprintable, and a space in a command, as `\x20`. The bytes together are UTF-8. */
function unescapeName(text: string): string {
  if (!text.includes('\\x')) return text;
  return text.replace(/(?:\\x[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('\\x', ''), 'hex').toString('utf8'),
  );
}
