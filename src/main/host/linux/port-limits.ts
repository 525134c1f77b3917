import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PortLimits } from '../types.ts';

/** The kernel's defaults, for a `/proc/sys` that does not show its own. */
const defaultEphemeral = { from: 32_768, to: 60_999 };
const defaultPrivilegedBelow = 1024;

/**
 * Reads `net.ipv4.ip_local_port_range`, `ip_unprivileged_port_start` and `ip_local_reserved_ports`, which hold for IPv6 too
 * (Linux Documentation/networking/ip-sysctl.rst).
 */
export async function readPortLimits(procRoot: string): Promise<PortLimits> {
  const read = async (name: string) => await readFile(join(procRoot, 'sys/net/ipv4', name), 'latin1').catch(() => null);
  const [range, start, reserved] = await Promise.all([
    read('ip_local_port_range'),
    read('ip_unprivileged_port_start'),
    read('ip_local_reserved_ports'),
  ]);
  return {
    ephemeral: parseRange(range ?? '') ?? defaultEphemeral,
    privilegedBelow: start !== null && /^\d+\s*$/.test(start) ? Number(start) : defaultPrivilegedBelow,
    reserved: parsePortList(reserved ?? ''),
    excluded: [],
  };
}

function parseRange(text: string): PortLimits['ephemeral'] | null {
  const [, from, to] = /^(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
  return from === undefined || to === undefined ? null : { from: Number(from), to: Number(to) };
}

/** The kernel's list form: `8080,9148-9150`. */
export function parsePortList(text: string): number[] {
  const ports: number[] = [];
  for (const part of text.trim().split(',')) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (from === undefined) continue;
    const last = Math.min(Number(to ?? from), 65_535);
    for (let port = Number(from); port <= last; port++) ports.push(port);
  }
  return ports;
}
