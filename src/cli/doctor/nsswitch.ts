import { type Judged, ok, warn } from './finding.ts';

/** The sources that the C library asks for hosts, in order, without what it does with their answers (nsswitch.conf(5)). */
export function hostSources(text: string): string[] {
  for (const line of text.split('\n')) {
    const [, sources] = /^\s*hosts\s*:([^#]*)/.exec(line) ?? [];
    if (sources !== undefined)
      return sources
        .replace(/\[[^\]]*\]/g, ' ')
        .trim()
        .split(/\s+/)
        .filter((source) => source !== '');
  }
  return [];
}

/** Those that answer for every name below `localhost`: nss-myhostname(8) and nss-resolve(8). */
const answering = ['myhostname', 'resolve'];

/** Whether the C library can know the names below `localhost`. `resolves` says that it does so anyhow. */
export function judgeSources(sources: readonly string[], resolves: boolean): Judged {
  const found = sources.filter((source) => answering.includes(source));
  const asked = sources.length === 0 ? 'has no line for hosts' : `asks ${sources.join(', ')}`;
  if (found.length > 0)
    return ok(`/etc/nsswitch.conf asks ${found.join(' and ')}, which knows every name below localhost`);
  if (resolves) return ok(`/etc/nsswitch.conf ${asked}, and the names are found all the same`);
  return warn(
    `/etc/nsswitch.conf ${asked}: nobody there knows the names below localhost.`,
    'Install nss-myhostname (Debian and Ubuntu: sudo apt install libnss-myhostname), or add the names to /etc/hosts.',
  );
}
