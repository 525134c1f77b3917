import { execFile } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDiscovery } from '#shared/node/discovery.ts';
import { eventually } from '#tests/support/eventually.ts';
import { closeServer, freePort } from '#tests/support/ports.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const names = ['gateway', 'api', 'websocket', 'monitor', 'resolver', 'dashboard'] as const;
type Name = (typeof names)[number];
const fallbacks = new Set([13_500, ...Array.from({ length: 20 }, (_value, index) => 18_080 + index)]);

/** Somebody else's server on a port that CLOS would like; it passes questions for a proof on to the real one. */
interface Impostor {
  port: number;
  server: Server;
}

const home = newHome();
const impostors = new Map<Name, Impostor>();
const heard: string[] = [];
let env: NodeJS.ProcessEnv;
let system: TestSystem;

async function startImpostor(name: Name): Promise<Impostor> {
  const server = createServer(async (request, response) => {
    heard.push(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}`);
    const real = await fetch(`${system.discovery[name].url}${request.url}`);
    response.writeHead(real.status, { 'content-type': 'application/json' }).end(await real.text());
  });
  server.on('upgrade', (request, socket) => {
    heard.push(`UPGRADE ${request.url}\n${request.rawHeaders.join('\n')}`);
    socket.destroy();
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { port, server };
}

const portOf = (name: Name) => Number(new URL(system.discovery[name].url).port);
const preferredOf = (name: Name) => impostors.get(name)?.port ?? 0;

beforeAll(async () => {
  for (const name of names) impostors.set(name, await startImpostor(name));
  env = Object.fromEntries(names.map((name) => [`CLOS_${name.toUpperCase()}_PORT`, String(preferredOf(name))]));
  system = await startSystem({ home, env });
});
afterAll(async () => {
  await system.stop();
  for (const { server } of impostors.values()) {
    server.closeAllConnections();
    await closeServer(server);
  }
  removeHome(home);
});

/** What a careful client does before it shows a token to a port. */
async function proves(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const nonce = crypto.randomUUID();
  const { proof } = await (await fetch(`${url}/livez?nonce=${nonce}`)).json();
  const key = createPublicKey({
    key: Buffer.from(system.discovery.identity, 'base64url'),
    format: 'der',
    type: 'spki',
  });
  return verify(null, Buffer.from(`clos:${nonce}:${hostname}:${port}`), key, Buffer.from(proof, 'base64url'));
}

describe('with all preferred ports held by others', () => {
  it('comes up on fallbacks of its own and says so', async () => {
    const moved = names.map((name) => [name, preferredOf(name), fallbacks.has(portOf(name))]);

    expect(moved).toEqual(names.map((name) => [name, system.discovery[name].preferredPort, true]));
    expect(new Set(names.map(portOf)).size).toBe(names.length);
    expect(await readDiscovery(home)).toEqual(system.discovery);
    // The impostors listen in this very process.
    const holder = new RegExp(`^Port (\\d+) is held by .+ \\(pid ${process.pid}\\), so the (\\w+) is at (\\S+)$`);
    const told = system.lines.slice(0, -1).map((line) => holder.exec(line)?.slice(1));
    expect(told).toEqual(names.map((name) => [String(preferredOf(name)), name, system.discovery[name].url]));
    expect(system.lines.at(-1)).toContain(`CLOS is ready at ${system.discovery.dashboard.url}`);
  });

  it.each(names.map((name) => [name]))('%s proves itself, and who passes the question on cannot', async (name) => {
    expect(await proves(system.discovery[name].url)).toBe(true);
    expect(await proves(`http://127.0.0.1:${preferredOf(name)}`)).toBe(false);
  });

  it('a module that is killed comes back on the same port', async () => {
    const status = await system.client.system.status();
    const pids = status.modules.filter(({ name }) => name !== 'worker').map(({ pid }) => pid ?? 0);
    const identities = async () =>
      Promise.all(
        names.map(async (name) => (await (await fetch(`${system.discovery[name].url}/livez`)).json()).module),
      );
    const before = await identities();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await eventually(
      () => system.client.system.status(),
      ({ modules }) => modules.every(({ state, pid }) => state === 'ready' && !pids.includes(pid ?? 0)),
    );

    expect(await identities()).toEqual(before);
    expect(await Promise.all(names.map((name) => proves(system.discovery[name].url)))).toEqual(names.map(() => true));
  });

  it('finds its fallbacks again at the next start', async () => {
    const before = names.map(portOf);
    await system.stop();
    system = await startSystem({ home, env });

    expect(names.map(portOf)).toEqual(before);
  });

  it('shows no token to any of the others, not even from the command line', async () => {
    const cli = fileURLToPath(new URL('../../src/cli/cli.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'status'], {
      env: environmentOf(home, { env }),
    });

    expect(stdout).toContain(system.discovery.dashboard.url);
    expect(heard.filter((text) => /authorization|clos_/i.test(text))).toEqual([]);
  });
});
