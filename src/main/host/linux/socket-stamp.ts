import { openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const files = ['sockstat', 'sockstat6', 'snmp'] as const;
/** Several times what the longest of these files takes. */
const buffer = Buffer.alloc(8192);
const inUse = /^(TCP|UDP)6?: inuse (\d+)/gm;
/** Names in the first line, counts in the second; the ninth is `CurrEstab`. */
const established = /^Tcp: (?:-?\d+ ){8}(\d+)/m;

/** The files of each root, kept open for the life of the process: opening them takes longer than reading them. */
const opened = new Map<string, readonly number[]>();

/**
 * How many TCP sockets that are no connections, and how many UDP sockets, this network namespace has, as a text to compare: `tcp 5 udp 1`.
 *
 * The kernel counts a TCP socket from the moment it listens or connects, and a UDP socket from its bind, until it closes (Linux
 * net/ipv4/proc.c and net/ipv6/proc.c, over sock_prot_inuse_get). How many TCP sockets are connections says `CurrEstab` (RFC 4022,
 * tcpCurrEstab, both families); what is left are listeners, and for a moment each who just begins or ends a connection. Without
 * them the text would change with every connection, and worse, it would not where a connection ends as a listener appears: a
 * browser that fetches what has just changed does this with great regularity. The hole that stays: within one interval a
 * listener appears and another one goes.
 *
 * Reads three small files synchronously: 25 µs, some 100 µs when nothing of it is in the processor's caches. Null where they do not exist.
 */
export function readSocketStamp(procRoot: string): string | null {
  let descriptors = opened.get(procRoot);
  if (descriptors === undefined) {
    descriptors = files.flatMap((file) => openFile(join(procRoot, 'net', file)));
    opened.set(procRoot, descriptors);
  }
  const text = descriptors.map(readText).join('\n');
  const counts = { TCP: 0, UDP: 0 };
  let found = false;
  for (const [, protocol, count] of text.matchAll(inUse)) {
    counts[protocol as 'TCP' | 'UDP'] += Number(count);
    found = true;
  }
  if (!found) return null;
  const connections = Number(established.exec(text)?.[1] ?? 0);
  return `tcp ${counts.TCP - connections} udp ${counts.UDP}`;
}

function openFile(path: string): number[] {
  try {
    return [openSync(path, 'r')];
  } catch {
    return [];
  }
}

function readText(file: number): string {
  return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
}
