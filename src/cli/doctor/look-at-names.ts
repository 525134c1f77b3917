import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './finding.ts';
import { judgeHosts, parseHosts } from './hosts-file.ts';
import { judgeNames, missing, type Resolution } from './names.ts';
import { hostSources, judgeSources } from './nsswitch.ts';

/** Longer than a name server takes that is there. */
const patienceMs = 3000;

/** What getaddrinfo(3) says, which Node and most programs ask. */
async function resolveBySystem(name: string): Promise<Resolution> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Resolution>((resolve) => {
    timer = setTimeout(() => resolve({ error: 'no answer' }), patienceMs);
  });
  const answer = lookup(name, { all: true }).then(
    (found): Resolution => ({ addresses: [...new Set(found.map(({ address }) => address))] }),
    (error: NodeJS.ErrnoException): Resolution => ({ error: error.code ?? error.message }),
  );
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where a system keeps its hosts file. */
function hostsPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return platform === 'win32'
    ? join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts';
}

const readOrEmpty = (path: string) => readFile(path, 'utf8').catch(() => '');

/**
 * Looks how names below `localhost` are found here: those of `examples` are shown, and whichever of `names` is not found is in the
 * line that would add them.
 */
export async function lookAtNames(
  { examples, names }: { examples: readonly string[]; names: readonly string[] },
  { env, platform }: { env: NodeJS.ProcessEnv; platform: NodeJS.Platform },
): Promise<Finding[]> {
  const all = [...new Set([...examples, ...names])];
  const answered = await Promise.all(all.map(async (name) => ({ name, answer: await resolveBySystem(name) })));
  const toAdd = missing(answered).map(({ name }) => name);
  const path = hostsPath(env, platform);
  const [hosts, sources] = await Promise.all([readOrEmpty(path), readOrEmpty('/etc/nsswitch.conf')]);
  const judged = judgeNames(
    answered.filter(({ name }) => examples.includes(name)),
    { toAdd, platform },
  );
  return [
    ...judged.map((one) => ({ check: 'names', ...one })),
    ...(platform === 'linux' ? [{ check: 'nsswitch', ...judgeSources(hostSources(sources), toAdd.length === 0) }] : []),
    { check: 'hosts', ...judgeHosts(parseHosts(hosts), path) },
  ];
}
