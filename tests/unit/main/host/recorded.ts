import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The kernel's tables as recorded on a Linux 6.18 host. */
export function recorded(table: 'tcp' | 'tcp6' | 'udp' | 'udp6'): string {
  return readFileSync(new URL(`./recorded/${table}.txt`, import.meta.url), 'utf8');
}

/** A folder that ends with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'clos-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files and links (`{ link: target }`) under a folder, by path. */
export function writeTree(root: string, tree: Record<string, string | { link: string }>): void {
  for (const [path, content] of Object.entries(tree)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === 'string') writeFileSync(target, content);
    else symlinkSync(content.link, target);
  }
}

export interface RecordedProcess {
  pid: number;
  comm: string;
  state?: string;
  threads?: number;
  ppid: number;
  group?: number;
  session?: number;
  terminal?: number;
  startTicks?: number;
  uid?: number;
  argv?: string[];
  env?: string[];
  cwd?: string;
  exe?: string;
  cgroup?: string;
  fds?: Record<string, string>;
}

/** A `/proc` with the recorded tables and the given processes. */
export function recordedProc(root: string, processes: readonly RecordedProcess[]): void {
  writeTree(root, {
    stat: 'cpu  1 2 3 4\nintr 5\nbtime 1700000000\nprocesses 9\n',
    'sys/kernel/random/boot_id': '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10\n',
    'sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    'sys/net/ipv4/ip_unprivileged_port_start': '1024\n',
    'sys/net/ipv4/ip_local_reserved_ports': '40000-40002,50000\n',
    'self/cgroup': '0::/\n',
    ...Object.fromEntries((['tcp', 'tcp6', 'udp', 'udp6'] as const).map((name) => [`net/${name}`, recorded(name)])),
  });
  for (const one of processes) {
    const {
      pid,
      comm,
      state = 'S',
      threads = 1,
      ppid,
      group = pid,
      session = pid,
      terminal = 0,
      startTicks = 5000,
      uid = 0,
      argv = [],
      env,
      fds = {},
    } = one;
    writeTree(root, {
      [`${pid}/stat`]: `${pid} (${comm}) ${state} ${ppid} ${group} ${session} ${terminal} -1 4194560 0 0 0 0 18 7 0 0 20 0 ${threads} 0 ${startTicks} 1 0\n`,
      [`${pid}/status`]: `Name:\t${comm}\nPPid:\t${ppid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`,
      [`${pid}/cmdline`]: argv.map((argument) => `${argument}\0`).join(''),
      ...(env === undefined ? {} : { [`${pid}/environ`]: env.map((pair) => `${pair}\0`).join('') }),
      [`${pid}/cgroup`]: one.cgroup ?? '0::/user.slice\n',
      ...(one.cwd === undefined ? {} : { [`${pid}/cwd`]: { link: one.cwd } }),
      ...(one.exe === undefined ? {} : { [`${pid}/exe`]: { link: one.exe } }),
      ...Object.fromEntries(Object.entries(fds).map(([fd, target]) => [`${pid}/fd/${fd}`, { link: target }])),
    });
  }
}
