import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { countingCommand, countingPage } from '#tests/support/counting-program.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { containerOf, processOf } from '#tests/support/observed.ts';
import { pageOf } from '#tests/support/page.ts';
import { freePort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
const start = () => startSystem({ home, dockerHost: inject('engine').dockerHost });
let system: TestSystem;

beforeAll(async () => {
  system = await start();
});
afterAll(async () => {
  const { items } = await system.client.services.list({ limit: 500 });
  await Promise.all(items.map(({ id }) => system.client.services.delete({ id }, { waitSeconds: 60 })));
  await system.stop();
  removeHome(home);
});

const names = (prefix: string) => Array.from({ length: 10 }, (_value, index) => `${prefix}-${index}`);
const processNames = names('process');
const containerNames = names('container');
const survivors = [...processNames, ...containerNames];

async function bringUp(name: string, runtime: ServiceSpecInput['runtime'], more: Partial<ServiceSpecInput> = {}) {
  const port = await freePort();
  const inside = runtime.type === 'container' ? { containerPort: 80 } : {};
  await system.client.services.create({ name, runtime, endpoints: [{ hostPort: port, ...inside }], ...more });
  await system.client.services.start({ id: name }, { waitSeconds: 60 });
  return await system.client.services.get({ id: name });
}

const countingRuntime = { type: 'process' as const, command: [...countingCommand], cwd: tmpdir() };
const containerRuntime = (command?: string[]) => ({
  type: 'container' as const,
  image: 'clos-test/web:1',
  ...(command === undefined ? {} : { command }),
});

async function list(): Promise<Map<string, Service>> {
  const { items } = await system.client.services.list({ limit: 500 });
  return new Map(items.map((service) => [service.name, service]));
}

/** What must be the same after an outage. */
function identityOf(service: Service | undefined) {
  if (service === undefined) return null;
  const { name, status, statusReason, desired, endpoints, runtime } = service;
  const observed =
    runtime.type === 'container'
      ? containerOf(service)?.containerId
      : [processOf(service)?.pid, processOf(service)?.state];
  return { name, status, statusReason, desired, observed, leases: endpoints.map(({ lease }) => lease) };
}

async function identities() {
  const services = await list();
  return survivors.map((name) => identityOf(services.get(name)));
}

const urlOf = (service: Service | undefined): string => service?.endpoints[0]?.url ?? '';

/** Asks all pages over and over until it is told to stop; resolves with what did not answer well, and how often was asked. */
function keepAsking(urls: readonly string[]): () => Promise<{ wrong: string[]; rounds: number }> {
  const ending = new AbortController();
  const wrong: string[] = [];
  async function ask(): Promise<number> {
    for (let rounds = 1; ; rounds += 1) {
      for (const url of urls) {
        const said = await fetch(url).then(
          ({ status }) => status,
          (error: unknown) => String(error),
        );
        if (said !== 200) wrong.push(`${url}: ${said}`);
      }
      if (ending.signal.aborted) return rounds;
      await delay(50);
    }
  }
  const asking = ask();
  return async () => {
    ending.abort();
    return { rounds: await asking, wrong };
  };
}

/** The processes of CLOS itself: what it runs for services is none of them. */
async function ownPids(): Promise<number[]> {
  const { modules } = await system.client.system.status();
  return [system.process.pid ?? 0, ...modules.flatMap(({ pid }) => pid ?? [])];
}

function isThere(pid: number): boolean {
  try {
    // A zombie has no memory left; nobody has to have buried it yet.
    return readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[0] !== '0';
  } catch {
    return false;
  }
}

/** Resolves when nothing of CLOS is left. */
async function kill(what: 'the supervisor' | 'everything'): Promise<void> {
  const pids = await ownPids();
  if (what === 'everything') for (const pid of pids.slice(1)) process.kill(pid, 'SIGKILL');
  await system.kill();
  await eventually(
    async () => pids.filter(isThere),
    (left) => left.length === 0,
  );
}

/** Resolves when every survivor that is a process has counted on. */
async function countOn(services: Map<string, Service>, by: number): Promise<void> {
  await Promise.all(
    processNames.map(async (name) => {
      const url = urlOf(services.get(name));
      const { count } = await countingPage(url);
      await eventually(
        () => countingPage(url),
        (now) => now.count >= count + by,
      );
    }),
  );
}

/** The numbers that each process has written, as the log tells them, with what its page says at least. */
async function countedLines(services: Map<string, Service>) {
  const counted: Array<{ name: string; lines: string[]; atLeast: number }> = [];
  for (const name of processNames) {
    const { count } = await countingPage(urlOf(services.get(name)));
    const lines = await Array.fromAsync(await system.client.services.logs({ id: name, tail: 100_000 }));
    counted.push({ name, lines: lines.map(({ line }) => line), atLeast: count });
  }
  return counted;
}

const upTo = (count: number): string[] => Array.from({ length: count }, (_value, index) => String(index + 1));

describe('ten processes and ten containers', () => {
  let before: Awaited<ReturnType<typeof identities>>;

  beforeAll(async () => {
    await Promise.all(processNames.map((name) => bringUp(name, countingRuntime)));
    await Promise.all(containerNames.map((name) => bringUp(name, containerRuntime())));
    const services = await list();
    await Promise.all(survivors.map((name) => pageOf(urlOf(services.get(name)))));
    before = await identities();
  });

  it('run, each on a port of its own', () => {
    const ports = before.flatMap((service) => service?.leases.map((lease) => lease?.port) ?? []);
    expect(before.map((service) => service?.status)).toEqual(survivors.map(() => 'running'));
    expect(new Set(ports).size).toBe(20);
  });

  it.each(['the supervisor', 'everything'] as const)(
    'go on when %s is killed, and are ours again afterwards, with all that they have written',
    async (what) => {
      const services = await list();
      const seq = await newestEvent();
      const stopAsking = keepAsking(survivors.map((name) => urlOf(services.get(name))));
      await kill(what);
      await countOn(services, 20);
      system = await start();
      const after = await identities();
      const asked = await stopAsking();
      const counted = await countedLines(services);
      const { items: events } = await system.client.events.list({ after: seq, limit: 500 });
      const ids = new Set(survivors.map((name) => services.get(name)?.id));

      expect(after).toEqual(before);
      expect(asked).toEqual({ rounds: expect.any(Number), wrong: [] });
      expect(counted.filter(({ lines, atLeast }) => lines.length < atLeast)).toEqual([]);
      expect(counted.map(({ lines }) => lines)).toEqual(counted.map(({ lines }) => upTo(lines.length)));
      expect(events.filter(({ subject }) => ids.has(subject.id))).toEqual([]);
    },
  );
});

async function newestEvent(): Promise<number> {
  let seq = 0;
  for (;;) {
    const { items } = await system.client.events.list({ after: seq, limit: 500 });
    const last = items.at(-1);
    if (last === undefined) return seq;
    seq = last.seq;
  }
}

const runSchema = z.object({ wrapper: z.object({ pid: z.number() }) });

function wrapperPid({ id }: Service): number {
  const path = join(home.runDir, 'processes', id, 'run.json');
  return runSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).wrapper.pid;
}

const execSchema = z.object({ Id: z.string() });

/** Runs a program in a container, by the engine alone. */
async function runInside(containerId: string, command: string[]): Promise<void> {
  const { socketPath } = inject('engine');
  const made = await engineCall(socketPath, `/containers/${containerId}/exec`, {
    method: 'POST',
    body: { Cmd: command },
  });
  const { Id } = execSchema.parse(JSON.parse(made));
  await engineCall(socketPath, `/exec/${Id}/start`, { method: 'POST', body: { Detach: true } });
}

/** A page that ends with 3 when it is told to. */
const endsWith3 = ['sh', '-c', 'httpd -p 80 -h /www; while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 3'];

describe('what ended while CLOS was away', () => {
  let after: Map<string, Service>;
  let operations: Map<string, string>;
  const post = (path: string) => engineCall(inject('engine').socketPath, path, { method: 'POST' });

  beforeAll(async () => {
    const made = new Map<string, Service>();
    const specs: Array<[string, ServiceSpecInput['runtime'], Partial<ServiceSpecInput>?]> = [
      ['finishes', countingRuntime],
      ['fails', countingRuntime],
      ['is-killed', countingRuntime],
      ['vanishes', countingRuntime],
      ['is-being-stopped', countingRuntime, { env: { LINGERS: '1' } }],
      ['fails-and-returns', countingRuntime, { restart: { policy: 'on-failure' } }],
      ['finishes-and-returns', countingRuntime, { restart: { policy: 'always' } }],
      ['box-fails', containerRuntime(endsWith3)],
      ['box-is-stopped', containerRuntime()],
      ['box-is-stopped-for-good', containerRuntime(), { restart: { policy: 'always' } }],
    ];
    await Promise.all(specs.map(async ([name, ...rest]) => made.set(name, await bringUp(name, ...rest))));
    const page = (name: string, query = '') => countingPage(urlOf(made.get(name)), query);
    const service = (name: string): Service => made.get(name) as Service;
    const containerId = (name: string) => containerOf(service(name))?.containerId ?? '';

    // A stop that has been ordered, and that the program has not followed yet.
    system.client.services.stop({ id: 'is-being-stopped' }, { waitSeconds: 60 }).catch(() => undefined);
    await eventually(
      () => page('is-being-stopped'),
      ({ asked }) => asked,
    );
    await kill('everything');

    await page('finishes', '?exit=0');
    await page('fails', '?exit=3');
    process.kill((await page('is-killed')).pid, 'SIGKILL');
    const { pid } = await page('vanishes');
    process.kill(wrapperPid(service('vanishes')), 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await page('is-being-stopped', '?exit=3');
    await page('fails-and-returns', '?exit=3');
    await page('finishes-and-returns', '?exit=0');
    await runInside(containerId('box-fails'), ['sh', '-c', 'echo > /tmp/end']);
    await post(`/containers/${containerId('box-is-stopped')}/stop?t=1`);
    await post(`/containers/${containerId('box-is-stopped-for-good')}/stop?t=1`);
    await post(`/containers/${containerId('box-fails')}/wait`);

    system = await start();
    after = await list();
    const { items } = await system.client.operations.list({ limit: 500 });
    operations = new Map(items.map(({ type, subject, status }) => [`${type} ${subject.name}`, status]));
  });

  const lifeOf = (name: string) => {
    const service = after.get(name);
    if (service === undefined) return null;
    const { status, statusReason, desired, runtime } = service;
    const exit = runtime.type === 'process' ? processOf(service)?.exit : containerOf(service)?.exit;
    const how = exit == null ? exit : 'signal' in exit ? [exit.code, exit.signal] : [exit.code, null];
    return [status, statusReason, desired, how];
  };

  it.each<[string, unknown[]]>([
    ['finishes', ['stopped', 'ended by itself, exit 0', 'stopped', [0, null]]],
    ['fails', ['failed', 'exit 3', 'running', [3, null]]],
    ['is-killed', ['failed', 'ended by SIGKILL', 'running', [null, 'SIGKILL']]],
    ['vanishes', ['stopped', 'ended, and CLOS did not see how', 'stopped', null]],
    ['box-fails', ['failed', 'exit 3', 'running', [3, null]]],
  ])('%s: CLOS knows how', (name, life) => {
    expect(lifeOf(name)).toEqual(life);
  });

  it('is stopped, not failed, when a stop had been ordered before, whatever its exit code', () => {
    expect(lifeOf('is-being-stopped')).toEqual(['stopped', null, 'stopped', [3, null]]);
    expect(operations.get('service.stop is-being-stopped')).toBe('succeeded');
  });

  it('is stopped, not failed, when somebody has stopped the container by hand, and stays so', () => {
    const life = ['stopped', 'stopped outside CLOS', 'stopped'];
    expect(lifeOf('box-is-stopped')?.slice(0, 3)).toEqual(life);
    expect(lifeOf('box-is-stopped-for-good')?.slice(0, 3)).toEqual(life);
  });

  it.each(['fails-and-returns', 'finishes-and-returns'])(
    '%s: the restart policy sees to it afterwards',
    async (name) => {
      const service = await eventually(
        () => system.client.services.get({ id: name }),
        ({ status }) => status === 'running',
      );
      await pageOf(urlOf(service));

      expect([service.desired, service.endpoints[0]?.lease]).toEqual(['running', after.get(name)?.endpoints[0]?.lease]);
      expect((await countingPage(urlOf(service))).pid).toBe(processOf(service)?.pid);
    },
  );
});
