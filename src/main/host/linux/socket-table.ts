import { closeSync, openSync, read, readSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TimeSlice } from '../time-slice.ts';
import type { SocketProtocol } from '../types.ts';
import { markV6Only, parseSocketLines, type SocketRow, type TableKind } from './proc-net.ts';

const tables = [
  { file: 'tcp', protocol: 'tcp', family: 4 },
  { file: 'tcp6', protocol: 'tcp', family: 6 },
  { file: 'udp', protocol: 'udp', family: 4 },
  { file: 'udp6', protocol: 'udp', family: 6 },
] as const satisfies ReadonlyArray<{ file: string; protocol: SocketProtocol; family: 4 | 6 }>;

/** The kernel hands out at most a page of these files per read; more would only be memory. */
const chunkBytes = 4096;
/** More than any row takes. A read that leaves so much room has met the end, and asking again would walk the hash again. */
const roomOfARow = 512;
/** How far a read begins behind the one before: the rest is read twice. */
const stepBytes = 2048;
/** Against a table whose sockets go faster than it can be read. */
const mostStepsBack = 64;

const readChunk = promisify(read);

/**
 * Every listening TCP and bound UDP socket of this network namespace, or those of the given ports, each once.
 *
 * Listeners come first in the TCP tables, so reading stops at the first other socket; but to find that one, or none, the kernel
 * walks its whole hash of connections (half a millisecond with 262,144 buckets), so these are read in the thread pool. The
 * small UDP tables are read at once. A table that does not exist (IPv6 switched off) counts as empty.
 *
 * Sockets come and go between two reads, and the kernel goes on by the number of the row, in the table (Linux net/ipv4/udp.c,
 * udp_seq_start) or in the bucket (net/ipv4/tcp_ipv4.c, tcp_seek_last_pos): it shows one twice, or passes over as many as have
 * gone. So reads overlap, and one that does not meet the one before is done again from further back.
 */
export async function readSocketTable(procRoot: string, ports: ReadonlySet<number> | null): Promise<SocketRow[]> {
  const rows = await Promise.all(
    tables.map(({ file, protocol, family }) => readTable(join(procRoot, 'net', file), { protocol, family, ports })),
  );
  return markV6Only(rows.flat());
}

async function readTable(path: string, kind: TableKind): Promise<SocketRow[]> {
  const file = openTable(path);
  if (file === null) return [];
  const rows = new Map<string, SocketRow>();
  const slice = new TimeSlice();
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let before: ReadonlySet<number> = new Set();
    let stepsBack = 0;
    for (let position = 0; ; ) {
      const bytesRead =
        kind.protocol === 'udp'
          ? readSync(file, buffer, 0, chunkBytes, position)
          : (await readChunk(file, buffer, 0, chunkBytes, position)).bytesRead;
      // Rows that the edges cut are none to the parser, and whole in the read before or after.
      const parsed = parseSocketLines(buffer.toString('latin1', 0, bytesRead), kind);
      for (const row of parsed.rows) rows.set(`${row.inode} ${row.address} ${row.port}`, row);
      const gap = position > 0 && !parsed.inodes.some((inode) => before.has(inode));
      if (gap && stepsBack < mostStepsBack) {
        stepsBack++;
        position = Math.max(0, position - stepBytes);
      } else if (parsed.pastListeners || bytesRead < chunkBytes - roomOfARow) {
        return [...rows.values()];
      } else {
        before = new Set(parsed.inodes);
        position += stepBytes;
      }
      if (slice.spent) await slice.rest();
    }
  } finally {
    closeSync(file);
  }
}

/** Opening reads nothing yet and takes microseconds; through the thread pool it would take a hundred. */
function openTable(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
