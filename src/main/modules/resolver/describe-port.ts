import type { Host } from '#main/host/platform.ts';
import type { PortReport } from '#shared/contract/ports.ts';
import type { Checker } from './check.ts';
import { type PortFacts, reportPort } from './report.ts';

const protocols = ['tcp', 'udp'] as const;
const wildcard = '::';

/** Looks at a port and reports who has to do with it. Where the host cannot list its listeners, `free` needs a bind to succeed. */
export async function describePort(
  { host, checker }: { host: Host; checker: Checker },
  known: Omit<PortFacts, 'listeners' | 'limits'>,
): Promise<PortReport> {
  const { port, world } = known;
  const [listeners, limits] = await Promise.all([
    host.listListeners({ owners: true, ports: [port] }),
    host.portLimits(),
  ]);
  const report = reportPort({ ...known, listeners, limits });
  if (!report.free || host.limitation === null) return report;
  const anybody = { service: null, endpoint: null, range: null, address: wildcard, port };
  const findings = await checker.check(
    protocols.map((protocol) => ({ ...anybody, protocol })),
    world,
  );
  return { ...report, free: findings.every(({ severity }) => severity !== 'blocking') };
}
