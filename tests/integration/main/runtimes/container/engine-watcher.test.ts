import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { needsNewContainer } from '#main/runtimes/container/engine-errors.ts';
import { createEngineWatcher } from '#main/runtimes/container/engine-watcher.ts';
import type {
  ContainerChange,
  ContainerEnd,
  ContainerEngine,
  ContainerSpec,
  EngineState,
  ObservedContainer,
} from '#main/runtimes/container/types.ts';
import { canStartPrivately, startEngine } from '#tests/support/engine.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import type { TestEngine } from '#tests/support/test-engine.ts';
import { webImage } from '#tests/support/web-image.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { makeSpec, shell, silentLog } from './spec.ts';

/** Asks until it is so; generous, since the engine is slow when the machine is busy. */
const soon = <T>(ask: () => T) => expect.poll(ask, { timeout: 20_000, interval: 20 });

let test: TestEngine;
let engine: ContainerEngine;

beforeAll(async () => {
  test = await startEngine();
  engine = createContainerEngine({ address: { kind: 'socket', path: test.socketPath }, log: silentLog });
});
afterAll(async () => {
  engine.close();
  await test.stop();
});

/** A watcher and everything that it told, in order. */
async function watch() {
  const snapshots: ObservedContainer[][] = [];
  const past: ReadonlyMap<string, ContainerEnd>[] = [];
  const changes: ContainerChange[] = [];
  const states: EngineState[] = [];
  const watcher = createEngineWatcher({
    engine,
    log: silentLog,
    onSnapshot: (containers, ends) => {
      snapshots.push(containers);
      past.push(ends);
    },
    onChange: (change) => changes.push(change),
    onState: (state) => states.push(state),
  });
  watcher.start();
  onTestFinished(async () => await watcher.stop());
  await soon(() => snapshots.length).toBe(1);
  const of = (id: string) => changes.filter((change) => change.id === id);
  return {
    snapshots,
    past,
    changes,
    states,
    of,
    stop: watcher.stop,
    /** The last thing told of a container. */
    latest: (id: string) => of(id).at(-1)?.container,
    ends: (id: string): Omit<ContainerEnd, 'time'>[] =>
      of(id).flatMap((change) => change.ends.map(({ cause, exitCode }) => ({ cause, exitCode }))),
    actions: (id: string) => of(id).flatMap((change) => change.events.map((event) => event.action)),
  };
}

async function create(over: Parameters<typeof makeSpec>[0] = {}): Promise<string> {
  const id = await engine.create(makeSpec(over));
  onTestFinished(async () => await engine.remove(id, { force: true }));
  return id;
}

describe('what the watcher tells', () => {
  it('begins with every container, whoever made it', async () => {
    const ours = await create();
    const body = { Image: webImage, Labels: { 'com.docker.compose.project': 'shop' } };
    const foreign = JSON.parse(await engineCall(test.socketPath, '/containers/create', { method: 'POST', body })).Id;
    onTestFinished(async () => await engine.remove(foreign));
    const { snapshots } = await watch();
    const seen = snapshots[0]?.map(({ id, state, compose }) => [id, state, compose?.project]);
    expect(seen).toEqual(
      expect.arrayContaining([
        [ours, 'created', undefined],
        [foreign, 'created', 'shop'],
      ]),
    );
  });

  it('is the life of a container, to its end', async () => {
    const { latest, of, actions } = await watch();
    const id = await create();
    await soon(() => latest(id)?.state).toBe('created');
    await engine.start(id);
    await soon(() => latest(id)?.state).toBe('running');
    expect(latest(id)).toEqual(await engine.inspect(id));
    await engine.rename(id, `${latest(id)?.name}-new`);
    await soon(() => latest(id)?.name).toMatch(/-new$/);
    await engine.remove(id, { force: true });
    await soon(() => latest(id)).toBeNull();
    expect(actions(id)).toEqual(['create', 'start', 'rename', 'kill', 'die', 'destroy']);
    expect(of(id).at(-1)).toMatchObject({ id, container: null });
  });

  it('is a stop when somebody asked for it, and a crash when nobody did, though both end in 137', async () => {
    const { ends, latest } = await watch();
    const deaf = { ...shell('trap "" TERM; while true; do sleep 0.1; done'), init: false };
    const stopped = await create(deaf);
    const elsewhere = await create(deaf);
    const killed = await create();
    await Promise.all([stopped, elsewhere, killed].map((id) => engine.start(id)));
    await soon(() => latest(killed)?.pid ?? 0).toBeGreaterThan(0);
    process.kill(latest(killed)?.pid ?? 0, 'SIGKILL');
    await Promise.all([
      engine.stop(stopped, { graceMs: 1000 }),
      engineCall(test.socketPath, `/containers/${elsewhere}/kill?signal=SIGKILL`, { method: 'POST' }),
    ]);
    await soon(() => [ends(stopped), ends(elsewhere), ends(killed)]).toEqual([
      [{ cause: 'stopped', exitCode: 137 }],
      [{ cause: 'stopped', exitCode: 137 }],
      [{ cause: 'crashed', exitCode: 137 }],
    ]);
  });

  it('is at first why those ended that nobody watched, as far as the engine remembers', async () => {
    const stopped = await create({ ...shell('trap "" TERM; while true; do sleep 0.1; done'), init: false });
    const broken = await create(shell('exit 3'));
    const running = await create();
    await Promise.all([stopped, broken, running].map((id) => engine.start(id)));
    await engine.stop(stopped, { graceMs: 1000 });
    await soon(async () => (await engine.inspect(broken)).state).toBe('exited');
    const { past, ends } = await watch();
    const told = [stopped, broken, running].map((id) => past[0]?.get(id));

    expect(told).toEqual([
      { cause: 'stopped', exitCode: 137, time: expect.any(String) },
      { cause: 'crashed', exitCode: 3, time: expect.any(String) },
      undefined,
    ]);
    expect(ends(stopped)).toEqual([]);
  });

  it('is an end by itself, with its code, and never the state without the reason', async () => {
    const { ends, of } = await watch();
    const fine = await create(shell('exit 0'));
    const broken = await create(shell('exit 3'));
    const asked = await create({ ...shell('trap "exit 0" HUP; while true; do sleep 0.1; done'), init: false });
    await Promise.all([fine, broken, asked].map((id) => engine.start(id)));
    // A signal that asks for something else does not make the end that follows a stop.
    await engineCall(test.socketPath, `/containers/${asked}/kill?signal=SIGHUP`, { method: 'POST' });
    await soon(() => [ends(fine), ends(broken), ends(asked)]).toEqual([
      [{ cause: 'finished', exitCode: 0 }],
      [{ cause: 'crashed', exitCode: 3 }],
      [{ cause: 'finished', exitCode: 0 }],
    ]);
    for (const id of [fine, broken, asked]) {
      const first = of(id).find((change) => change.container?.state === 'exited');
      expect(first?.ends).toHaveLength(1);
    }
  });

  it('is an end for lack of memory', async () => {
    const { ends } = await watch();
    const script = 'x=xxxxxxxxxxxxxxxx; while true; do x=$x$x; done';
    const id = await create({ ...shell(script), limits: { memoryBytes: 16 * 2 ** 20 }, init: false });
    await engine.start(id);
    await soon(() => ends(id)).toEqual([{ cause: 'out-of-memory', exitCode: 137 }]);
  });

  it('counts every end of a container that ends again and again', async () => {
    const { ends, actions, of } = await watch();
    const id = await create({ ...shell('exit 7'), init: false });
    for (let i = 0; i < 5; i++) {
      await engine.start(id);
      await soon(() => ends(id).length).toBe(i + 1);
    }
    expect(ends(id)).toEqual(Array.from({ length: 5 }, () => ({ cause: 'crashed', exitCode: 7 })));
    expect(actions(id).filter((action) => action === 'die')).toHaveLength(5);
    expect(of(id).every((change) => change.events.length > 0)).toBe(true);
  });

  it('is the health that the engine itself has found', async () => {
    const { latest } = await watch();
    const id = await create({ healthCheck: { command: ['true'], intervalMs: 200, timeoutMs: 2000, retries: 1 } });
    await engine.start(id);
    await soon(() => latest(id)?.health).toBe('healthy');
  });

  it('is nothing any more once it has stopped, and everything again when it is started anew', async () => {
    const { stop, changes, snapshots } = await watch();
    await stop();
    const before = changes.length;
    const id = await create();
    const again = await watch();
    expect(again.snapshots[0]?.map((each) => each.id)).toContain(id);
    expect([changes.length, snapshots.length]).toEqual([before, 1]);
  });
});

describe('what the watcher holds', () => {
  it('is given back: event streams when it stops, every connection when the engine is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'held-'));
    const proxy = await startCuttingProxy(test.socketPath, join(folder, 's'));
    onTestFinished(async () => {
      await proxy.close();
      await rm(folder, { recursive: true });
    });
    const own = createContainerEngine({ address: { kind: 'socket', path: proxy.socketPath }, log: silentLog });
    for (let i = 0; i < 5; i++) {
      const snapshots: ObservedContainer[][] = [];
      const watcher = createEngineWatcher({
        engine: own,
        log: silentLog,
        onSnapshot: (containers) => snapshots.push(containers),
        onChange: () => undefined,
        onState: () => undefined,
      });
      watcher.start();
      await soon(() => snapshots.length).toBe(1);
      await watcher.stop();
    }
    // The event streams are closed; what is left waits for the next call, no more than the pool keeps.
    await soon(proxy.connections).toBeLessThanOrEqual(8);
    const subscriptions = proxy.requests.filter((line) => line.startsWith('GET /events') && !line.includes('until='));
    expect(subscriptions).toHaveLength(5);
    own.close();
    await soon(proxy.connections).toBe(0);
  });

  it('keeps no process alive', async () => {
    const program = fileURLToPath(new URL('./watch-once.ts', import.meta.url));
    const run = promisify(execFile)(process.execPath, [program, test.socketPath], { timeout: 20_000 });
    expect((await run).stdout).toBe('stopped');
  });
});

describe.runIf(canStartPrivately())('an engine that goes away', () => {
  it('takes no container with it: the state says so, and a fresh snapshot follows when it is back', async () => {
    const running = await create();
    const created = await create();
    await engine.start(running);
    const { snapshots, past, changes, states, latest } = await watch();
    expect(engine.state.status).toBe('available');
    await test.kill();
    await soon(() => states.at(-1)?.status).toBe('unavailable');
    expect(states.at(-1)?.reason).toMatch(/^The container engine at .* cannot be reached/);
    await expect(engine.start(created)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect([snapshots.length, changes.filter((change) => change.container === null)]).toEqual([1, []]);

    await test.restart();
    await soon(() => snapshots.length).toBe(2);
    expect(states.map((state) => state.status)).toEqual(['unavailable', 'available']);
    const after = new Map(snapshots[1]?.map((each) => [each.id, each.state]));
    expect([after.get(running), after.get(created)]).toEqual(['exited', 'created']);
    // The engine has ended what its predecessor left running: that is no stop that anybody asked for.
    expect(past[1]?.get(running)).toBeUndefined();

    await engine.start(running);
    await soon(() => latest(running)?.state).toBe('running');
  });

  it('and comes back in the middle of starts: each container is there once, and all run in the end', async () => {
    const { snapshots } = await watch();
    const specs = Array.from({ length: 6 }, () => makeSpec());
    const bring = async (spec: ContainerSpec): Promise<string> => {
      const id = await engine.create(spec);
      try {
        await engine.start(id);
        return id;
      } catch (error) {
        if (!needsNewContainer(error)) throw error;
        await engine.remove(id, { force: true });
        return await bring(spec);
      }
    };
    const first = Promise.allSettled(specs.map(bring));
    await soon(async () => (await engine.list({ all: true })).length).toBeGreaterThan(0);
    await test.kill();
    await first;
    await test.restart();
    await soon(() => snapshots.length).toBe(2);
    const ids = await Promise.all(specs.map(bring));
    onTestFinished(async () => void (await Promise.all(ids.map((id) => engine.remove(id, { force: true })))));
    const names = new Set(specs.map((spec) => spec.name));
    const there = (await engine.list({ all: true })).filter((each) => names.has(each.name));
    expect(there.map(({ id, state }) => [id, state]).sort()).toEqual(ids.map((id) => [id, 'running']).sort());
  });

  it('is waited for when it is not there at first', async () => {
    await test.kill();
    const own = createContainerEngine({ address: { kind: 'socket', path: test.socketPath }, log: silentLog });
    onTestFinished(() => own.close());
    const snapshots: ObservedContainer[][] = [];
    const watcher = createEngineWatcher({
      engine: own,
      log: silentLog,
      onSnapshot: (containers) => snapshots.push(containers),
      onChange: () => undefined,
      onState: () => undefined,
    });
    watcher.start();
    onTestFinished(async () => await watcher.stop());
    await soon(() => own.state.reason).toMatch(/cannot be reached/);
    expect(snapshots).toEqual([]);
    await test.restart();
    await soon(() => snapshots.length).toBe(1);
  });
});
