import { type Judged, ok, warn } from './finding.ts';

/** The variables that send requests for http URLs to a proxy; curl reads only the small ones, other programs both. */
const variables = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

/** True if a list of exceptions has our names in it: `localhost` stands for all below it, and `*` for everything. */
function covers(exceptions: string): boolean {
  return exceptions
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .some((entry) => ['*', 'localhost', '.localhost', '*.localhost'].includes(entry));
}

/** Whether requests for our names would be sent to a proxy, which cannot reach this machine's own services. */
export function judgeProxies(env: NodeJS.ProcessEnv): Judged {
  const set = variables.filter((name) => (env[name] ?? '') !== '');
  if (set.length === 0) return ok('no proxy is set');
  const exceptions = [env.no_proxy, env.NO_PROXY].filter((value) => value !== undefined && value !== '');
  const named = set.join(' and ');
  if (exceptions.length > 0 && exceptions.every((value) => covers(value ?? ''))) {
    return ok(`${named} is set, and no_proxy leaves localhost out`);
  }
  return warn(
    `${named} is set, and no_proxy does not leave localhost out: curl and others would ask the proxy for our names.`,
    'Add to your shell: export no_proxy="localhost,127.0.0.1,::1${no_proxy:+,$no_proxy}"',
  );
}
