import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A service that runs the answering program on a wanted port. */
export function answeringService(name: string, cwd: string, hostPort: number | 'auto'): ServiceSpecInput {
  return {
    name,
    runtime: { type: 'process', command: [process.execPath, '-e', answering], cwd },
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
