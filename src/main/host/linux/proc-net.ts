import type { Listener, SocketProtocol } from '../types.ts';

/**
 * Reads the text tables of the kernel's sockets.
 *
 * Source: Linux Documentation/networking/proc_net_tcp.rst. Addresses are words of 32 bits printed in the byte order of the
 * machine (little-endian on every platform that Node supports except s390x), ports are plain hexadecimal.
 */
export type SocketRow = Omit<Listener, 'user' | 'owner'>;

const tcpListen = '0A';
const udpUnconnected = '07';

export interface ParsedTable {
  rows: SocketRow[];
  /** Of every row, whatever its state and port; sockets that no program holds any more have none. */
  inodes: number[];
  /** True when a row that is not a listener was met: the kernel prints every TCP listener before the first other socket. */
  pastListeners: boolean;
}

/** `sl: address:port remote:port st queues timer retransmits uid timeout inode`; one match is cheaper than splitting the line. */
const socketLine = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+\s+(\d+) /;

export interface TableKind {
  protocol: SocketProtocol;
  family: 4 | 6;
  /** Only these ports; every port when null. */
  ports: ReadonlySet<number> | null;
}

/** Takes whole lines of `/proc/net/{tcp,tcp6,udp,udp6}`; the heading and lines that make no sense are passed over. */
export function parseSocketLines(text: string, { protocol, family, ports }: TableKind): ParsedTable {
  const rows: SocketRow[] = [];
  const inodes: number[] = [];
  let pastListeners = false;
  for (const line of text.split('\n')) {
    const [, hexAddress, hexPort, state, uid, inode] = socketLine.exec(line) ?? [];
    if (hexAddress === undefined || hexPort === undefined) continue;
    if (inode !== '0') inodes.push(Number(inode));
    if (state !== (protocol === 'tcp' ? tcpListen : udpUnconnected)) {
      pastListeners ||= protocol === 'tcp';
      continue;
    }
    const port = Number.parseInt(hexPort, 16);
    if (port === 0 || (ports !== null && !ports.has(port))) continue;
    const address = family === 4 ? ipv4FromHex(hexAddress) : ipv6FromHex(hexAddress);
    if (address === null) continue;
    rows.push({ protocol, family, address, port, inode: Number(inode), v6only: null, uid: Number(uid) });
  }
  return { rows, inodes, pastListeners };
}

/**
 * Marks a `::` listener as IPv6-only where the table proves it: a dual-stack one could not live beside an IPv4 listener of the
 * same port, unless both asked to share it.
 */
export function markV6Only(rows: readonly SocketRow[]): SocketRow[] {
  const ipv4 = new Set(rows.filter((row) => row.family === 4).map((row) => `${row.protocol}:${row.port}`));
  return rows.map((row) =>
    row.address === '::' && ipv4.has(`${row.protocol}:${row.port}`) ? { ...row, v6only: true } : row,
  );
}

function ipv4FromHex(hex: string): string | null {
  if (!/^[0-9A-F]{8}$/i.test(hex)) return null;
  return bytesOfWord(hex).join('.');
}

function ipv6FromHex(hex: string): string | null {
  if (!/^[0-9A-F]{32}$/i.test(hex)) return null;
  const bytes = [0, 8, 16, 24].flatMap((at) => bytesOfWord(hex.slice(at, at + 8)));
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  return shortIpv6(groups);
}

/** A 32-bit word printed by a little-endian kernel: the first byte of the address stands last. */
function bytesOfWord(hex: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups becomes `::`. */
function shortIpv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (start < 0) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
