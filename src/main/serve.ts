import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Discovery } from '#shared/contract/system.ts';
import { findHome } from '#shared/node/home.ts';
import { ConfigError, loadConfig } from './config/config.ts';
import { createLog } from './log.ts';
import { findPackageRoot } from './own-file.ts';
import { StartRefused } from './start-refused.ts';
import { portNames } from './supervisor/module.ts';
import { nodeStarter } from './supervisor/node-starter.ts';
import { AlreadyRunning, createSupervisor, type Supervisor } from './supervisor/supervisor.ts';
import { readVersion, whyNodeIsTooOld } from './version.ts';

/** CLOS without a window: stays in the foreground, says one line when it is ready, ends on SIGTERM or Ctrl-C. */

/** From sources the entries lie beside this file as .ts, in a build as .js. */
function entryOf(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const nested = new URL(`./modules/${name}/${name}.entry.${extension}`, import.meta.url);
  return existsSync(nested) ? nested : new URL(`./modules/${name}.entry.${extension}`, import.meta.url);
}

async function stopServices(supervisor: Supervisor): Promise<void> {
  const api = supervisor.client('api');
  const { items } = await api.services.list({ limit: 500 });
  const active = items.filter(({ desired, status }) => desired === 'running' && status !== 'stopped');
  await Promise.allSettled(active.map(({ id }) => api.services.stop({ id }, { waitSeconds: 10 })));
}

/** One line for each listener that did not get the port it prefers, with who has it. */
async function sayMoved(supervisor: Supervisor, discovery: Discovery): Promise<string[]> {
  const moved = portNames.filter((name) => {
    const { url, preferredPort } = discovery[name];
    return preferredPort !== 0 && !url.endsWith(`:${preferredPort}`);
  });
  return await Promise.all(
    moved.map(async (name) => {
      const { url, preferredPort: port } = discovery[name];
      // A convenience: CLOS is up, whether or not the holder can be named.
      const report = await supervisor
        .client('resolver')
        .internal.describePort({ port })
        .catch(() => null);
      const holder = report?.listeners[0]?.holder;
      const pid = holder?.pid == null ? '' : ` (pid ${holder.pid})`;
      const who = holder === undefined ? 'held by somebody else' : `held by ${holder.name}${pid}`;
      return `Port ${port} is ${who}, so the ${name} is at ${url}`;
    }),
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(error: unknown): never {
  const known = [ConfigError, AlreadyRunning, StartRefused].some((kind) => error instanceof kind);
  process.stderr.write(
    `clos: ${known && error instanceof Error ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}

export async function serve(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { 'stop-services': { type: 'boolean' }, 'sign-in-link': { type: 'boolean' } },
  });
  const tooOld = whyNodeIsTooOld();
  if (tooOld !== null) {
    process.stderr.write(`clos: ${tooOld}\n`);
    process.exit(1);
  }
  const home = findHome();
  const packageRoot = findPackageRoot(import.meta.url);
  const config = loadConfig(home.configFile);
  const log = createLog({ home, name: 'supervisor', level: config.logLevel });
  const supervisor = createSupervisor({
    home,
    packageRoot,
    config,
    version: readVersion(packageRoot),
    starter: nodeStarter(entryOf),
    log,
  });

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    if (values['stop-services']) await stopServices(supervisor);
    await supervisor.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end().catch(fail));

  const discovery = await supervisor.start();
  for (const line of await sayMoved(supervisor, discovery)) say(line);
  const link = values['sign-in-link'] ? (await supervisor.client('api').auth.createSignInLink()).url : null;
  say(
    link === null
      ? `CLOS is ready at ${discovery.dashboard.url} · API at ${discovery.gateway.url}/api/v2 · sign in with: clos open`
      : `CLOS is ready · sign in once with ${link}`,
  );
}

await serve(process.argv.slice(2)).catch(fail);
