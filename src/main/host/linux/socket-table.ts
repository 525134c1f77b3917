import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
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

/**
 * Every listening TCP and bound UDP socket of this network namespace, or those of the given ports.
 *
 * The reads run in the thread pool, because the kernel walks its whole hash of connections for them (milliseconds, tens of them
 * with thousands of sockets in TIME_WAIT). Listeners come first in the TCP tables, so reading stops at the first other socket.
 * A table that does not exist (IPv6 switched off) counts as empty.
 */
export async function readSocketTable(procRoot: string, ports: ReadonlySet<number> | null): Promise<SocketRow[]> {
  const rows = await Promise.all(
    tables.map(({ file, protocol, family }) => readTable(join(procRoot, 'net', file), { protocol, family, ports })),
  );
  return markV6Only(rows.flat());
}

async function readTable(path: string, kind: TableKind): Promise<SocketRow[]> {
  const handle = await open(path, constants.O_RDONLY).catch(() => null);
  if (handle === null) return [];
  try {
    const rows: SocketRow[] = [];
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let rest = '';
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes, null);
      const text = rest + buffer.toString('latin1', 0, bytesRead);
      const end = bytesRead === 0 ? text.length : text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      const parsed = parseSocketLines(text.slice(0, end), kind);
      rows.push(...parsed.rows);
      if (bytesRead === 0 || parsed.pastListeners) return rows;
    }
  } finally {
    await handle.close();
  }
}
