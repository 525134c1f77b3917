import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeServer, freePort } from '#tests/support/ports.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

/** Browsers go to these by name, and a name below localhost is ::1 as well as 127.0.0.1. */
const names = ['gateway', 'dashboard'] as const;

const home = newHome();
const heard: string[] = [];
const impostors = new Map<(typeof names)[number], { port: number; server: Server }>();
let env: NodeJS.ProcessEnv;
let system: TestSystem;

beforeAll(async () => {
  for (const name of names) {
    const server = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}`);
      response.end('me too');
    });
    const port = await freePort();
    server.listen(port, '::1');
    await once(server, 'listening');
    impostors.set(name, { port, server });
  }
  env = Object.fromEntries(names.map((name) => [`CLOS_${name.toUpperCase()}_PORT`, String(impostors.get(name)?.port)]));
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

it('whose port somebody has on ::1 alone comes up elsewhere, says who has it, and shows them no token', async () => {
  const ports = names.map((name) => Number(new URL(system.discovery[name].url).port));
  const told = system.lines.slice(0, -1);
  const cli = fileURLToPath(new URL('../../src/cli/cli.ts', import.meta.url));
  const clos = (...args: string[]) =>
    promisify(execFile)(process.execPath, [cli, ...args], { env: environmentOf(home, { env }) });
  await clos('status');
  const { stdout: link } = await clos('open', '--print');
  await system.client.services.list();

  expect(ports.map((port, index) => port === impostors.get(names[index] ?? 'gateway')?.port)).toEqual([false, false]);
  expect(told).toEqual(
    names.map((name) =>
      expect.stringMatching(
        new RegExp(
          `^Port ${impostors.get(name)?.port} is held by .+ \\(pid ${process.pid}\\), so the ${name} is at ${system.discovery[name].url}$`,
        ),
      ),
    ),
  );
  expect(link).toContain(system.discovery.dashboard.url);
  expect(heard.filter((text) => /authorization|clos_/i.test(text))).toEqual([]);
});

it('has both loopback addresses of the port that it took instead', async () => {
  const answers = await Promise.all(
    names.flatMap((name) =>
      ['127.0.0.1', '[::1]'].map(async (host) => {
        const { port } = new URL(system.discovery[name].url);
        return (await (await fetch(`http://${host}:${port}/livez`)).json()).product;
      }),
    ),
  );

  expect(answers).toEqual(['clos', 'clos', 'clos', 'clos']);
});
