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
/** The kernel prints its sockets in the order of their buckets, which number the rows. */
const rowStart = /\n\s*(\d+):/g;
/** Against a table that loses rows faster than it can be read. */
const mostStepsBack = 8;

const readChunk = promisify(read);

/**
 * Every listening TCP and bound UDP socket of this network namespace, or those of the given ports, each once.
 *
 * The TCP tables are read in the thread pool, because the kernel walks its whole hash of connections for them (half a millisecond
 * each with 262,144 buckets). Listeners come first in them, so reading stops at the first other socket. A table that does not
 * exist (IPv6 switched off) counts as empty.
 *
 * Between two reads sockets come and go. The TCP tables may then show a row twice. The UDP tables go on by the number of the row
 * and pass over as many as have gone before it (Linux net/ipv4/udp.c, udp_seq_start), so each read begins in the middle of the
 * one before, and further back when it does not meet it. They are small and read at once: tens of microseconds each.
 */
export async function readSocketTable(procRoot: string, ports: ReadonlySet<number> | null): Promise<SocketRow[]> {
  const rows = await Promise.all(
    tables.map(({ file, protocol, family }) => {
      const kind = { protocol, family, ports };
      const path = join(procRoot, 'net', file);
      return protocol === 'tcp' ? readTcp(path, kind) : readUdp(path, kind);
    }),
  );
  return markV6Only(rows.flat());
}

async function readTcp(path: string, kind: TableKind): Promise<SocketRow[]> {
  const file = openTable(path);
  if (file === null) return [];
  const rows = new Map<string, SocketRow>();
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let rest = '';
    for (;;) {
      const { bytesRead } = await readChunk(file, buffer, 0, chunkBytes, null);
      const text = rest + buffer.toString('latin1', 0, bytesRead);
      const last = isLast(bytesRead);
      const end = last ? text.length : text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      const parsed = parseSocketLines(text.slice(0, end), kind);
      gather(rows, parsed.rows);
      if (last || parsed.pastListeners) return [...rows.values()];
    }
  } finally {
    closeSync(file);
  }
}

async function readUdp(path: string, kind: TableKind): Promise<SocketRow[]> {
  const file = openTable(path);
  if (file === null) return [];
  const rows = new Map<string, SocketRow>();
  const slice = new TimeSlice();
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let reached = 0;
    let stepsBack = 0;
    for (let position = 0; ; ) {
      const bytesRead = readSync(file, chunk, 0, chunkBytes, position);
      const text = chunk.toString('latin1', 0, bytesRead);
      // What the edges cut is no row to the parser, and whole in the chunk before or after.
      gather(rows, parseSocketLines(text, kind).rows);
      const buckets = [...text.matchAll(rowStart)].map(([, bucket]) => Number(bucket));
      const met = position === 0 || (buckets[0] ?? reached) < reached;
      if (!met && stepsBack < mostStepsBack) {
        stepsBack++;
        position = Math.max(0, position - chunkBytes);
      } else if (isLast(bytesRead)) {
        return [...rows.values()];
      } else {
        reached = buckets.at(-1) ?? reached;
        position += chunkBytes / 2;
      }
      if (slice.spent) await slice.rest();
    }
  } finally {
    closeSync(file);
  }
}

function isLast(bytesRead: number): boolean {
  return bytesRead < chunkBytes - roomOfARow;
}

function gather(rows: Map<string, SocketRow>, more: readonly SocketRow[]): void {
  for (const row of more) rows.set(`${row.inode} ${row.address} ${row.port}`, row);
}

/** Opening reads nothing yet and takes microseconds; through the thread pool it would take a hundred. */
function openTable(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
