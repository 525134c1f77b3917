import { isClosError } from '#shared/contract/clos-error.ts';
import type { Discovery } from '#shared/contract/system.ts';
import { readDiscovery } from '#shared/node/discovery.ts';
import { type Connection, proveIdentity } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { failureLines } from '../failure.ts';
import { portOwner } from '../output/port-report.ts';
import { allRoutes } from '../routes.ts';
import { type Finding, fail, ok } from './finding.ts';
import { judgeOwnPort } from './own-ports.ts';
import { judgeConflicts, judgeEngine } from './status.ts';

/** What CLOS itself says, and the names that lead to services. */
export interface Seen {
  findings: Finding[];
  names: string[];
}

const portNames = ['gateway', 'dashboard', 'api', 'websocket', 'monitor', 'resolver'] as const;

/** Looks whether CLOS runs, at the ports that it has, and at what it knows of engine and conflicts. */
export async function lookAtClos(context: CliContext): Promise<Seen> {
  let connection: Connection;
  try {
    connection = await context.connect();
  } catch (error) {
    if (!isClosError(error, 'CLOS_UNREACHABLE', 'NOT_ALLOWED', 'NOT_SIGNED_IN')) throw error;
    const advice = error.code === 'CLOS_UNREACHABLE' ? 'clos serve starts it.' : failureLines(error).slice(1).join(' ');
    return { findings: [{ check: 'clos', ...fail(error.message, advice) }], names: [] };
  }
  const { client } = connection;
  const [status, routes, discovery] = await Promise.all([
    client.system.status(),
    allRoutes(client),
    readDiscovery(context.home),
  ]);
  const ports =
    discovery === null ? [] : await Promise.all(portNames.map((name) => lookAtPort(connection, discovery, name)));
  return {
    findings: [
      { check: 'clos', ...ok(`${status.version} runs, and answers in its own home`) },
      ...ports,
      { check: 'engine', ...judgeEngine(status.engine) },
      { check: 'conflicts', ...judgeConflicts(status.openConflicts) },
    ],
    names: [...new Set(routes.map(({ name }) => `${name}.localhost`))],
  };
}

async function lookAtPort(
  { client }: Connection,
  discovery: Discovery,
  name: (typeof portNames)[number],
): Promise<Finding> {
  const { url, preferredPort: preferred } = discovery[name];
  const port = Number(new URL(url).port);
  const proved = await proveIdentity(url, discovery.identity).then(
    () => true,
    () => false,
  );
  const owner = preferred === 0 || preferred === port ? null : portOwner(await client.ports.who({ port: preferred }));
  return { check: name, ...judgeOwnPort({ name, port, preferred, proved, owner }) };
}
