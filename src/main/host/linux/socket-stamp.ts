import { openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const files = ['sockstat', 'sockstat6'];
/** Twice what these files take. */
const buffer = Buffer.alloc(2048);
const counter = /^(?:TCP|UDP)6?: inuse \d+/gm;

/** Two files for each root, kept open for the life of the process: opening them takes longer than reading them. */
const opened = new Map<string, readonly number[]>();

/**
 * How many TCP and UDP sockets of each family this network namespace has, as a text to compare: `TCP: inuse 5 UDP: inuse 1 …`.
 *
 * The kernel counts a TCP socket from the moment it listens or connects, and a UDP socket from its bind, until it closes (Linux
 * net/ipv4/proc.c and net/ipv6/proc.c, over sock_prot_inuse_get). Connections that only wait for their time to pass do not count.
 * So a listener that appears or goes changes the text. The hole: while one socket appears another one of its kind can go.
 *
 * Reads two small files synchronously: 8 µs, 100 µs when nothing of it is in the processor's caches. Null where they do not exist.
 */
export function readSocketStamp(procRoot: string): string | null {
  let descriptors = opened.get(procRoot);
  if (descriptors === undefined) {
    descriptors = files.flatMap((file) => openFile(join(procRoot, 'net', file)));
    opened.set(procRoot, descriptors);
  }
  const counters = descriptors.flatMap((file) => readText(file).match(counter) ?? []);
  return counters.length === 0 ? null : counters.join(' ');
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
