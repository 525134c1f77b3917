import { isLoopback } from './addresses.ts';
import { fail, type Judged, ok } from './finding.ts';

/** A line of a hosts file: an address and the names that it has. */
export interface HostsEntry {
  address: string;
  names: string[];
}

/** Reads a hosts file as hosts(5) describes it: blanks between, comments behind `#`, names without regard to case. */
export function parseHosts(text: string): HostsEntry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [address, ...names] = line
      .replace(/#.*$/, '')
      .trim()
      .split(/\s+/)
      .map((word) => word.toLowerCase());
    return address === undefined || names.length === 0 ? [] : [{ address, names }];
  });
}

/** Whether a hosts file sends one of our names away from this machine. */
export function judgeHosts(entries: readonly HostsEntry[], path: string): Judged {
  const ours = entries.flatMap(({ address, names }) =>
    names.filter((name) => name === 'localhost' || name.endsWith('.localhost')).map((name) => ({ name, address })),
  );
  const away = ours.find(({ address }) => !isLoopback(address));
  if (away !== undefined) {
    return fail(`${path} sends ${away.name} to ${away.address}.`, `Take that line out of ${path}.`);
  }
  const named = [...new Set(ours.map(({ name }) => name))].filter((name) => name !== 'localhost');
  return ok(named.length === 0 ? `${path} names none of them` : `${path} names ${named.join(', ')}`);
}

/** The command that would add names to the hosts file; CLOS never writes it. */
export function hostsCommand(names: readonly string[], platform: NodeJS.Platform): string {
  const line = `127.0.0.1 ${names.join(' ')}`;
  return platform === 'win32'
    ? `Add-Content "$env:SystemRoot\\System32\\drivers\\etc\\hosts" "${line}"`
    : `echo '${line}' | sudo tee -a /etc/hosts`;
}
