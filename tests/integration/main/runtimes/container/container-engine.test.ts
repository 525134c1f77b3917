import { createServer } from 'node:net';
import { afterAll, afterEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { containerLabels, type LogLine } from '#main/runtimes/container/types.ts';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { freePort } from '#tests/support/ports.ts';
import { webImage } from '#tests/support/web-image.ts';
import type { CutPoint } from './cutting-proxy.ts';
import { makeSpec, shell, silentLog } from './spec.ts';
import { throughProxy } from './through-proxy.ts';

const { socketPath } = inject('engine');
const engine = createContainerEngine({ address: { kind: 'socket', path: socketPath }, log: silentLog });

afterAll(() => {
  engine.close();
});

const created: string[] = [];
afterEach(async () => {
  await Promise.all(created.splice(0).map((id) => engine.remove(id, { force: true })));
});

async function create(over: Parameters<typeof makeSpec>[0] = {}): Promise<string> {
  const id = await engine.create(makeSpec(over));
  created.push(id);
  return id;
}

async function gather(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const gathered: string[] = [];
  for await (const { stream, line } of lines) gathered.push(`${stream}: ${line}`);
  return gathered;
}

describe('the engine', () => {
  it('says who it is, and is available from then on', async () => {
    await engine.ping();
    expect(await engine.info()).toMatchObject({
      name: 'Docker',
      os: 'linux',
      version: expect.stringMatching(/^\d+\./),
    });
    expect(engine.state).toMatchObject({ status: 'available', reason: null });
  });

  it('knows which images it has', async () => {
    expect(await engine.hasImage(webImage)).toBe(true);
    expect(await engine.hasImage('clos-test/none:1')).toBe(false);
    expect(await engine.pull(webImage)).toEqual({ pulled: false });
  });
});

describe('the life of a container', () => {
  it('is created with everything its spec says, started, stopped and removed', async () => {
    const hostPort = await freePort();
    const labels = {
      [containerLabels.home]: 'home-1',
      [containerLabels.service]: 'svc_1',
      [containerLabels.operation]: 'op_life',
      [containerLabels.instance]: 'main',
    };
    const port = { protocol: 'tcp' as const, containerPort: 80, hostAddress: '127.0.0.1', hostPort };
    const spec = makeSpec({
      labels,
      ports: [port],
      aliases: ['web'],
      limits: { cpus: 0.5, memoryBytes: 64 * 2 ** 20, pids: 50 },
    });
    const id = await engine.create(spec);
    created.push(id);
    const published = { protocol: 'tcp', address: '127.0.0.1', port: hostPort, containerPort: 80 };
    expect(await engine.inspect(id)).toEqual({
      id,
      name: spec.name,
      image: webImage,
      imageId: expect.stringMatching(/^sha256:/),
      state: 'created',
      statusText: 'created',
      createdAt: expect.any(String),
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      oomKilled: false,
      health: 'none',
      error: null,
      pid: null,
      labels,
      compose: null,
      ports: [],
      claims: [published],
      restartPolicy: 'no',
      stopSignal: null,
      networks: ['clos-network'],
    });
    const raw = JSON.parse(await engineCall(socketPath, `/containers/${id}/json`));
    expect(raw.HostConfig).toMatchObject({
      NanoCpus: 5e8,
      Memory: 64 * 2 ** 20,
      PidsLimit: 50,
      Init: true,
      Privileged: false,
    });
    expect(raw.NetworkSettings.Networks['clos-network'].Aliases).toContain('web');

    await engine.start(id);
    const running = await engine.inspect(id);
    expect(running).toMatchObject({ state: 'running', ports: [published], exitCode: null, pid: expect.any(Number) });
    // The engine's proxy listens before the server in the container does.
    const page = async () => await (await fetch(`http://127.0.0.1:${hostPort}/`)).text();
    await expect.poll(() => page().catch(String), { timeout: 20_000 }).toContain('It works.');

    await engine.stop(id, { graceMs: 5000 });
    expect(await engine.inspect(id)).toMatchObject({
      state: 'exited',
      exitCode: 143,
      pid: null,
      ports: [],
      claims: [published],
    });
    await engine.remove(id);
    await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  it('is where it should be when it is asked there a second time', async () => {
    const id = await create();
    await engine.start(id);
    await engine.start(id);
    await engine.stop(id, { graceMs: 1000 });
    await engine.stop(id, { graceMs: 1000 });
    await engine.remove(id);
    await engine.remove(id);
    await expect(engine.start(id)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  it('ends by force when it does not listen within its grace', async () => {
    const id = await create({ ...shell('trap "" TERM; while true; do sleep 1; done'), init: false });
    await engine.start(id);
    await engine.stop(id, { graceMs: 1000 });
    expect(await engine.inspect(id)).toMatchObject({ state: 'exited', exitCode: 137 });
  });

  it('runs again after a restart', async () => {
    const id = await create();
    await engine.start(id);
    const before = await engine.inspect(id);
    await engine.restart(id, { graceMs: 1000 });
    const after = await engine.inspect(id);
    expect(after.state).toBe('running');
    expect(after.pid).not.toBe(before.pid);
  });

  it('has another name after a rename', async () => {
    const id = await create();
    const other = await create();
    await engine.rename(id, `${makeSpec().name}-old`);
    expect((await engine.inspect(id)).name).toMatch(/-old$/);
    await expect(engine.rename(id, (await engine.inspect(other)).name)).rejects.toMatchObject({
      code: 'CONTAINER_NAME_TAKEN',
    });
  });

  it('is removed while it runs only by force', async () => {
    const id = await create();
    await engine.start(id);
    await expect(engine.remove(id)).rejects.toMatchObject({ code: 'ENGINE_ERROR' });
    await engine.remove(id, { force: true });
    expect((await engine.list({ all: true })).map((each) => each.id)).not.toContain(id);
  });

  it('is listed whoever made it, by its labels where asked', async () => {
    const labels = { [containerLabels.home]: 'home-2', [containerLabels.operation]: 'op_list' };
    const ours = await create({ labels });
    const body = {
      Image: webImage,
      Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'db' },
    };
    const foreign = JSON.parse(await engineCall(socketPath, '/containers/create', { method: 'POST', body })).Id;
    created.push(foreign);
    const all = await engine.list({ all: true });
    expect(all.map((each) => each.id)).toEqual(expect.arrayContaining([ours, foreign]));
    expect(all.find((each) => each.id === foreign)?.compose).toEqual({
      project: 'shop',
      service: 'db',
      workingDir: null,
    });
    expect(
      (await engine.list({ all: true, labels: { [containerLabels.home]: 'home-2' } })).map((each) => each.id),
    ).toEqual([ours]);
    expect(await engine.list({ labels: { [containerLabels.home]: 'home-2' } })).toEqual([]);
  });
});

describe('a port that is taken', () => {
  it('by another container is a port conflict; the container stays created and starts when the port is free', async () => {
    const hostPort = await freePort();
    const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostAddress: '127.0.0.1', hostPort }];
    const first = await create({ ports });
    const second = await create({ ports });
    await engine.start(first);
    await expect(engine.start(second)).rejects.toMatchObject({
      code: 'PORT_CONFLICT',
      message: `Port ${hostPort} on 127.0.0.1 is taken by another container of this engine.`,
      extra: {
        text: {
          address: '127.0.0.1',
          port: hostPort,
          by: 'engine',
          message: expect.stringContaining('already allocated'),
        },
      },
    });
    expect(await engine.inspect(second)).toMatchObject({
      state: 'created',
      error: expect.stringContaining('already allocated'),
    });
    await engine.stop(first, { graceMs: 1000 });
    await engine.start(second);
    expect((await engine.inspect(second)).state).toBe('running');
  });

  it('by a program of the host is a port conflict', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const hostPort = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const id = await create({ ports: [{ protocol: 'tcp', containerPort: 80, hostAddress: '127.0.0.1', hostPort }] });
    await expect(engine.start(id)).rejects.toMatchObject({
      code: 'PORT_CONFLICT',
      message: `Port ${hostPort} on 127.0.0.1 is taken by another program on this machine.`,
      extra: { text: { address: '127.0.0.1', port: hostPort, protocol: 'tcp', by: 'host' } },
    });
    expect((await engine.inspect(id)).state).toBe('created');
  });
});

describe('what the engine cannot do', () => {
  it('for lack of the image', async () => {
    await expect(engine.create(makeSpec({ image: 'clos-test/none:1' }))).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('No such image: clos-test/none:1'),
    });
    await expect(engine.pull('clos-test/none:1', { when: 'never' })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('for lack of the program', async () => {
    const id = await create({ command: ['/no/such/program'], init: false });
    await expect(engine.start(id)).rejects.toMatchObject({
      code: 'CONTAINER_FAILED',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  it('because somebody else has the name', async () => {
    const first = makeSpec();
    created.push(await engine.create(first));
    await expect(engine.create(makeSpec({ name: first.name }))).rejects.toMatchObject({ code: 'CONTAINER_NAME_TAKEN' });
  });

  it('because the container would have too much', async () => {
    const spec = makeSpec({ mounts: [{ type: 'bind', source: '/', target: '/host' }] });
    await expect(engine.create(spec)).rejects.toMatchObject({
      code: 'CONTAINER_POLICY',
      errors: [{ path: 'HostConfig.Mounts.0.Source' }],
    });
    const socket = makeSpec({ mounts: [{ type: 'bind', source: socketPath, target: '/d.sock' }] });
    await expect(engine.create(socket)).rejects.toMatchObject({ code: 'CONTAINER_POLICY' });
    expect((await engine.list({ all: true })).map((each) => each.name)).not.toContain(spec.name);
  });

  it('because a volume is a folder of the host in disguise', async () => {
    const Name = `disguise-${process.pid}`;
    const body = { Name, Driver: 'local', DriverOpts: { type: 'none', o: 'bind', device: '/etc' } };
    await engineCall(socketPath, '/volumes/create', { method: 'POST', body });
    const mounts = [{ type: 'volume' as const, source: Name, target: '/x' }];
    await expect(engine.create(makeSpec({ mounts }))).rejects.toMatchObject({
      code: 'CONTAINER_POLICY',
      errors: [{ path: 'HostConfig.Mounts.0.Source' }],
    });
    await engineCall(socketPath, `/volumes/${Name}`, { method: 'DELETE' });
    await create({ mounts: [{ ...mounts[0], type: 'volume', source: `${Name}-plain`, target: '/x' }] });
  });

  it('because the caller has given up', async () => {
    const caller = new AbortController();
    caller.abort(new Error('enough'));
    await expect(engine.list({ all: true, signal: caller.signal })).rejects.toThrow('enough');
    expect(engine.state.status).toBe('available');
  });
});

describe('the network', () => {
  it('is made once, labelled, and made again when it is gone', async () => {
    const network = `net-${process.pid}`;
    await Promise.all([engine.ensureNetwork(network), engine.ensureNetwork(network)]);
    const find = async () => {
      const filters = encodeURIComponent(JSON.stringify({ name: [network] }));
      return JSON.parse(await engineCall(socketPath, `/networks?filters=${filters}`));
    };
    expect(await find()).toMatchObject([
      { Name: network, Driver: 'bridge', Labels: { 'dev.candlefish.clos.network': network } },
    ]);
    const id = await create({ network });
    await engineCall(socketPath, `/networks/${network}`, { method: 'DELETE' });
    await engine.start(id);
    expect(await find()).toHaveLength(1);
    expect(await engine.inspect(id)).toMatchObject({ state: 'running', networks: [network] });
  });

  it('is made again for a container that ran on the one that is gone', async () => {
    const network = `again-${process.pid}`;
    const id = await create({ network, aliases: ['web'] });
    await engine.start(id);
    await engine.stop(id, { graceMs: 1000 });
    await engineCall(socketPath, `/networks/${network}`, { method: 'DELETE' });
    await engine.start(id);
    expect(await engine.inspect(id)).toMatchObject({ state: 'running', networks: [network] });
    const raw = JSON.parse(await engineCall(socketPath, `/containers/${id}/json`));
    expect(raw.NetworkSettings.Networks[network].Aliases).toContain('web');
  });
});

describe('a log', () => {
  it('has both streams, times, and ends with the container', async () => {
    const id = await create(shell('echo one; echo two >&2; printf three'));
    await engine.start(id);
    const lines: LogLine[] = [];
    for await (const line of engine.logs(id, { follow: true })) lines.push(line);
    expect(lines.filter((line) => line.stream === 'stdout').map((line) => line.line)).toEqual(['one', 'three']);
    expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.line)).toEqual(['two']);
    for (const line of lines) expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(await gather(engine.logs(id, { tail: 1 }))).toEqual(['stdout: three']);
  });

  it('is whole when many short-lived containers are followed at once, though the engine keeps last lines back', async () => {
    const follow = async (): Promise<string[]> => {
      const id = await create(shell('echo one; echo two >&2; printf three'));
      await engine.start(id);
      return (await gather(engine.logs(id, { follow: true }))).sort();
    };
    const all = await Promise.all(Array.from({ length: 9 }, follow));
    expect(all).toEqual(all.map(() => ['stderr: two', 'stdout: one', 'stdout: three']));
  });

  it('is followed while it grows, until the reader has enough', async () => {
    const id = await create(shell('echo start; while true; do echo tick; sleep 0.05; done'));
    await engine.start(id);
    const reader = new AbortController();
    const seen: string[] = [];
    for await (const { line } of engine.logs(id, { follow: true, signal: reader.signal })) {
      seen.push(line);
      if (seen.length === 4) reader.abort();
    }
    expect(seen).toEqual(['start', 'tick', 'tick', 'tick']);
  });

  it('begins where the reader asks', async () => {
    const id = await create(shell('echo old; sleep 1.2; echo new; sleep 30'));
    await engine.start(id);
    const reader = new AbortController();
    let since = '';
    for await (const line of engine.logs(id, { follow: true, signal: reader.signal })) {
      if (line.line !== 'new') continue;
      since = line.time ?? '';
      break;
    }
    expect(await gather(engine.logs(id, { since }))).toEqual(['stdout: new']);
  });

  it('joins a line that the engine splits, and cuts what is longer than anybody reads', async () => {
    const id = await create(
      shell(
        'i=0; l=xxxxxxxxxx; while [ $i -lt 12 ]; do l=$l$l; i=$((i+1)); done; echo "$l"; l=$l$l; echo "$l"; echo end',
      ),
    );
    await engine.start(id);
    const lines = [];
    for await (const line of engine.logs(id, { follow: true })) if (line.stream === 'stdout') lines.push(line);
    expect(lines.map(({ line, truncated }) => [line.length, truncated])).toEqual([
      [40_960, undefined],
      [65_536, true],
      [3, undefined],
    ]);
  });

  it('is read from a terminal as well', async () => {
    const body = { Image: webImage, Tty: true, Cmd: ['sh', '-c', 'echo one; echo two >&2'] };
    const id = JSON.parse(await engineCall(socketPath, '/containers/create', { method: 'POST', body })).Id;
    created.push(id);
    await engine.start(id);
    expect(await gather(engine.logs(id, { follow: true }))).toEqual(['stdout: one', 'stdout: two']);
  });

  it('of a container that is not there is an error', async () => {
    await expect(gather(engine.logs('no-such-container'))).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });
});

describe('a create whose answer is lost', () => {
  it.each<CutPoint>(['when answered', 'when sent'])(
    'adopts the container that it made, and makes no second: cut %s',
    async (point) => {
      const { proxy, through } = await throughProxy(socketPath);
      const spec = makeSpec();
      proxy.cutNext('POST /containers/create', point);
      // Cut at once, the engine may be still at work when we look for the first time: then the caller tries again.
      const id = await through.create(spec).catch(async (error: { code: string }) => {
        expect({ point, code: error.code }).toEqual({ point: 'when sent', code: 'ENGINE_UNAVAILABLE' });
        await expect
          .poll(async () => (await engineRequest(socketPath, `/containers/${spec.name}/json`)).status, {
            timeout: 20_000,
          })
          .toBe(200);
        return await through.create(spec);
      });
      created.push(id);
      const same = (await engine.list({ all: true })).filter((each) => each.name === spec.name);
      expect(same.map((each) => each.id)).toEqual([id]);
    },
  );

  it('is adopted by its own operation only', async () => {
    const spec = makeSpec();
    const id = await engine.create(spec);
    created.push(id);
    expect(await engine.create(spec)).toBe(id);
    const labels = { [containerLabels.operation]: 'op_another' };
    await expect(engine.create({ ...spec, labels })).rejects.toMatchObject({ code: 'CONTAINER_NAME_TAKEN' });
  });
});

describe('a connection that breaks', () => {
  it('in the middle of a start, a stop, a removal or a read goes unnoticed', async () => {
    const { proxy, through } = await throughProxy(socketPath);
    const id = await create();
    proxy.cutNext(`POST /containers/${id}/start`, 'when answered');
    await through.start(id);
    proxy.cutNext(`GET /containers/${id}/json`, 'when answered');
    expect((await through.inspect(id)).state).toBe('running');
    proxy.cutNext(`POST /containers/${id}/stop`, 'when answered');
    await through.stop(id, { graceMs: 1000 });
    proxy.cutNext(`POST /containers/${id}/rename`, 'when answered');
    await through.rename(id, `${makeSpec().name}-x`);
    proxy.cutNext(`DELETE /containers/${id}`, 'when answered');
    await through.remove(id);
    const starts = proxy.requests.filter((request) => request.includes('/start'));
    const renames = proxy.requests.filter((request) => request.includes('/rename'));
    expect([starts.length, renames.length]).toEqual([2, 1]);
  });
});
