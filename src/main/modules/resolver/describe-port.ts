import type { Host } from '#main/host/platform.ts';
import type { PortReport } from '#shared/contract/ports.ts';
import type { Checker } from './check.ts';
import { type PortFacts, reportPort } from './report.ts';

const protocols = ['tcp', 'udp'] as const;
const wildcard = '::';

/** Looks at a port and reports who has to do with it. Where the host cannot list its listeners, `free` needs a bind to succeed. */
export async function describePort(
  { host, checker }: { host: Host; checker: Checker },
  known: Omit<PortFacts, 'listeners'>,
): Promise<PortReport> {
  const { port, world } = known;
  const listeners = await host.listListeners({ owners: true, ports: [port] });
  const report = reportPort({ ...known, listeners });
  if (!report.free || host.limitation === null) return report;
  const anybody = { service: null, endpoint: null, range: null, address: wildcard, port };
  const findings = await checker.check(
    protocols.map((protocol) => ({ ...anybody, protocol })),
    world,
  );
  return { ...report, free: findings.every(({ severity }) => severity !== 'blocking') };
}
