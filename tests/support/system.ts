import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '#shared/client/client.ts';
import { fetchTransport } from '#shared/client/fetch-transport.ts';
import type { Discovery } from '#shared/contract/system.ts';
import { readApiKey, readDiscovery } from '#shared/node/discovery.ts';
import { findHome, type Home } from '#shared/node/home.ts';
import { checkedFetch, checkedTransport } from './recorder.ts';

/** A whole CLOS as a user has it: `clos serve` with real processes, in a home of its own and on ports of its own. */
export interface TestSystem {
  home: Home;
  discovery: Discovery;
  apiKey: string;
  /** Through the gateway, with the owner's key. An answer that is off the contract rejects. */
  client: Client;
  process: ChildProcess;
  /** What it said on standard output. */
  lines: string[];
  /** `SIGTERM`, as a user ends it. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** `kill -9` of the supervisor. */
  kill(): Promise<void>;
  /** A request through the gateway as it would be typed into curl. An answer that is off the contract rejects. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestSystemOptions {
  /** `DOCKER_HOST`; a socket that is not there unless given. */
  dockerHost?: string;
  /** An earlier system's home, to start again where it ended. */
  home?: Home;
  env?: NodeJS.ProcessEnv;
  arguments?: string[];
}

const serve = fileURLToPath(new URL('../../src/main/serve.ts', import.meta.url));
const anyPort = Object.fromEntries(
  ['GATEWAY', 'API', 'WEBSOCKET', 'MONITOR', 'RESOLVER', 'DASHBOARD'].map((name) => [`CLOS_${name}_PORT`, '0']),
);

/** A home in a new folder with a short path. Remove it with `removeHome`. */
export function newHome(): Home {
  return findHome({ CLOS_HOME: mkdtempSync(join(tmpdir(), 'clos-')) });
}

export function removeHome(home: Home): void {
  rmSync(home.root, { recursive: true, force: true });
}

/** The environment of a program that works on this home. */
export function environmentOf(
  home: Home,
  options: Pick<TestSystemOptions, 'dockerHost' | 'env'> = {},
): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...anyPort,
    CLOS_HOME: home.root,
    CLOS_PROFILE: 'test',
    CLOS_LOG_LEVEL: 'debug',
    DOCKER_HOST: options.dockerHost ?? `unix://${join(home.root, 'no-engine.sock')}`,
    ...options.env,
  };
}

/** Starts a system and waits until it says that it is ready. Rejects with what it said instead. */
export async function startSystem(options: TestSystemOptions = {}): Promise<TestSystem> {
  const home = options.home ?? newHome();
  const child = spawn(process.execPath, [serve, ...(options.arguments ?? [])], {
    env: environmentOf(home, options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('CLOS is ready')) resolve();
    });
    child.once('exit', (code, signal) => {
      reject(new Error(`clos serve ended (${code ?? signal}) before it was ready:\n${lines.join('\n')}\n${errors}`));
    });
    child.once('error', reject);
  });
  const discovery = await readDiscovery(home);
  const apiKey = await readApiKey(home);
  if (discovery === null || apiKey === null) throw new Error('clos serve said that it is ready without saying where');

  const baseUrl = discovery.gateway.url;
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = await exit;
    return code;
  }
  return {
    home,
    discovery,
    apiKey,
    client: createClient(checkedTransport(fetchTransport({ baseUrl, token: () => apiKey }))),
    process: child,
    lines,
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    request: (path, init = {}) =>
      checkedFetch(baseUrl, path, { ...init, headers: { authorization: `Bearer ${apiKey}`, ...init.headers } }),
  };
}

/** `kill -9` of the api and of its supervisor: without a supervisor an api would close its database first. */
export async function killAtOnce(system: TestSystem): Promise<void> {
  const { modules } = await system.client.system.status();
  const api = modules.find(({ name }) => name === 'api')?.pid;
  if (api == null || system.process.pid === undefined) throw new Error('The system does not run');
  process.kill(system.process.pid, 'SIGSTOP');
  process.kill(api, 'SIGKILL');
  await system.kill();
}
