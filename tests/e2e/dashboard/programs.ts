import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { TestSystem } from '#tests/support/system.ts';

/** A program of a few words that answers on the port in PORT with what SAYS holds, and says so. */
export const answering =
  "require('node:http').createServer((_q, r) => r.end(process.env.SAYS ?? 'here')).listen(process.env.PORT, '127.0.0.1', () => console.log('it listens'))";

/** A folder of its own, with a short path. */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A program of somebody else's that listens on a port. */
export interface Stranger {
  pid: number;
  leave(): Promise<void>;
}

/** Starts `node server.js PORT` in a checkout of a project called blog, branch main. Answers once it listens. */
export async function startStranger(port: number): Promise<Stranger> {
  const parent = newFolder('ada');
  const folder = join(parent, 'blog');
  mkdirSync(join(folder, '.git'), { recursive: true });
  writeFileSync(join(folder, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(folder, 'package.json'), '{ "name": "blog" }\n');
  writeFileSync(
    join(folder, 'server.js'),
    "require('node:http').createServer((_q, r) => r.end('blog')).listen(process.argv[2], '127.0.0.1', () => console.log('it listens'));\n",
  );
  const child = spawn(process.execPath, ['server.js', String(port)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return {
    pid: child.pid ?? 0,
    async leave() {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      }
      removeFolder(parent);
    },
  };
}

/** A service that runs the answering program on a wanted port. */
export function answeringService(name: string, cwd: string, hostPort: number | 'auto'): ServiceSpecInput {
  return {
    name,
    runtime: { type: 'process', command: ['node', '-e', answering], cwd },
    endpoints: [{ hostPort }],
    env: { PORT: `$` + '{endpoints.http.port}', SAYS: name },
  };
}

/** Whoever listens on a port now; null when nobody does. */
export async function listenerOf(system: TestSystem, port: number): Promise<number | null> {
  const { listeners } = await system.client.ports.who({ port });
  return listeners[0]?.holder.pid ?? null;
}

/** Removes every service, so that nothing of it runs on. */
export async function removeServices({ client }: TestSystem): Promise<void> {
  const { items } = await client.services.list();
  for (const { id } of items) await client.services.delete({ id }, { waitSeconds: 20 });
}
