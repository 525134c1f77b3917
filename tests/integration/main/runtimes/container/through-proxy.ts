import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { silentLog } from './spec.ts';

/** The engine of a socket behind connections that can be cut, until the test ends. */
export async function throughProxy(socketPath: string) {
  const folder = await mkdtemp(join(tmpdir(), 'cut-'));
  const proxy = await startCuttingProxy(socketPath, join(folder, 's'));
  const through = createContainerEngine({ address: { kind: 'socket', path: proxy.socketPath }, log: silentLog });
  onTestFinished(async () => {
    through.close();
    await proxy.close();
    await rm(folder, { recursive: true });
  });
  return { proxy, through };
}
