import { existsSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { engineRequest } from './engine-http.ts';
import { startPrivateEngine } from './private-engine.ts';
import type { TestEngine } from './test-engine.ts';
import { importWebImage } from './web-image.ts';

/** Starts a private engine as root on Linux; elsewhere takes the one that runs. Rejects when there is none. */
export async function startEngine(): Promise<TestEngine> {
  const engine = canStartPrivately() ? await startPrivateEngine() : await findEngine();
  await importWebImage(engine.socketPath);
  return engine;
}

export function canStartPrivately(): boolean {
  return platform() === 'linux' && process.getuid?.() === 0;
}

async function findEngine(): Promise<TestEngine> {
  for (const socketPath of socketCandidates()) {
    const answer = await engineRequest(socketPath, '/_ping', { timeoutMs: 3_000 }).catch(() => undefined);
    if (answer?.status === 200) return foundEngine(socketPath);
  }
  throw new Error('No container engine answers. Start Docker Desktop, colima or dockerd, or set DOCKER_HOST.');
}

/** Where engines listen: what DOCKER_HOST names, then the usual places. */
export function socketCandidates(env: NodeJS.ProcessEnv = process.env): string[] {
  const named = /^(?:unix|npipe):\/\/(.+)$/.exec(env.DOCKER_HOST ?? '')?.[1];
  if (named !== undefined) return [named];
  if (platform() === 'win32') return ['//./pipe/docker_engine'];
  const usual = [
    '/var/run/docker.sock',
    '.docker/run/docker.sock',
    '.colima/default/docker.sock',
    '.orbstack/run/docker.sock',
  ];
  return usual.map((path) => (path.startsWith('/') ? path : join(homedir(), path))).filter((path) => existsSync(path));
}

function foundEngine(socketPath: string): TestEngine {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('This engine is not ours: it is neither killed nor restarted.'));
  const dockerHost = platform() === 'win32' ? `npipe://${socketPath}` : `unix://${socketPath}`;
  return { socketPath, dockerHost, isPrivate: false, stop: () => Promise.resolve(), kill: refuse, restart: refuse };
}
