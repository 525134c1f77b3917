import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import WebSocket from 'ws';
import type { ClosEvent } from '#shared/contract/events.ts';
import { containerOf } from '#tests/support/observed.ts';
import { pageOf } from '#tests/support/page.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const image = 'clos-test/web:1';
const home = newHome();
const start = () => startSystem({ dockerHost: inject('engine').dockerHost, home });
let system: TestSystem;
let port: number;

beforeAll(async () => {
  system = await start();
  port = await freePort();
});

afterAll(async () => {
  const { items } = await system.client.services.list();
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 30 });
  await system.stop();
  removeHome(home);
});

const spec = (name: string, hostPort: number) => ({
  name,
  runtime: { type: 'container' as const, image },
  endpoints: [{ containerPort: 80, hostPort }],
});

/** Follows the WebSocket from the first event on. */
async function follow(
  since: number,
): Promise<{ until(type: string, count?: number): Promise<ClosEvent[]>; close(): void }> {
  const events: ClosEvent[] = [];
  let changed: () => void = () => undefined;
  const socket = new WebSocket(`${system.discovery.gateway.url.replace('http', 'ws')}/ws`, 'clos.v2', {
    headers: { authorization: `Bearer ${system.apiKey}` },
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type !== 'event') return;
    events.push(message.event);
    changed();
  });
  socket.send(
    JSON.stringify({ type: 'subscribe', id: 1, topics: ['service', 'lease', 'conflict', 'operation'], since }),
  );
  return {
    async until(type, count = 1) {
      while (events.filter((event) => event.type === type).length < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return events;
    },
    close: () => socket.terminate(),
  };
}

describe('the first tour', () => {
  it('registers two services on one port and starts the first, whose page answers', async () => {
    await system.client.services.create(spec('web', port));
    await system.client.services.create(spec('api', port));

    const operation = await system.client.services.start({ id: 'web' }, { waitSeconds: 30 });
    const web = await system.client.services.get({ id: 'web' });
    const page = await pageOf(`http://127.0.0.1:${port}/`);

    expect([operation.status, web.status, web.endpoints[0]?.lease?.port, web.endpoints[0]?.url]).toEqual([
      'succeeded',
      'running',
      port,
      `http://127.0.0.1:${port}`,
    ]);
    expect(page.status).toBe(200);
  });

  it('refuses to start the second with 409 and the name of the first', async () => {
    const response = await system.request('/api/v2/services/api/start', { method: 'POST' });
    const problem = await response.json();

    expect([response.status, response.headers.get('content-type')]).toEqual([409, 'application/problem+json']);
    expect(problem).toMatchObject({
      type: 'urn:clos:error:PORT_CONFLICT',
      status: 409,
      code: 'PORT_CONFLICT',
      conflicts: [
        {
          kind: 'lease',
          state: 'open',
          wanted: { service: 'api', endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port },
          holder: { type: 'service', name: 'web', service: { name: 'web' } },
        },
      ],
    });
    expect((await system.client.services.get({ id: 'api' })).status).toBe('created');
  });

  it('resolves by reassign: the service runs on another port of its range, and the operation tells each step', async () => {
    const { items } = await system.client.conflicts.list({ state: 'open' });
    const conflict = items[0];
    const option = conflict?.options.find(({ strategy }) => strategy === 'reassign');
    expect(option?.command).toBe(`clos resolve ${conflict?.id} --option reassign`);

    const operation = await system.client.conflicts.resolve(
      { id: conflict?.id ?? '', option: 'reassign' },
      { waitSeconds: 30 },
    );
    const api = await system.client.services.get({ id: 'api' });

    expect(operation.steps.map(({ name, status }) => [name, status])).toEqual([
      [`Lease :${option?.port} to api/http`, 'succeeded'],
      ['Check the ports', 'succeeded'],
      ['Create the container', 'succeeded'],
      ['Start the container', 'succeeded'],
    ]);
    expect([api.status, api.endpoints[0]?.lease?.port]).toEqual(['running', option?.port]);
    expect((await pageOf(api.endpoints[0]?.url ?? '')).status).toBe(200);
    expect((await system.client.conflicts.get({ id: conflict?.id ?? '' })).state).toBe('resolved');
  });

  it('refuses a port that a foreign process holds, with its pid and command', async () => {
    const held = await freePort();
    const holder = await holdPort(held);
    await system.client.services.create(spec('foreign', held));

    const response = await system.request('/api/v2/services/foreign/start', { method: 'POST' });
    const { conflicts } = await response.json();
    await holder.release();

    expect(response.status).toBe(409);
    expect(conflicts[0]).toMatchObject({
      kind: 'process',
      holder: { type: 'process', name: 'node', pid: holder.pid, container: null, service: null, protected: false },
    });
    expect(conflicts[0].holder.command).toContain(`listen(${held}`);
  });

  it('starts by itself on another port when the policy says reassign', async () => {
    await system.client.services.create({ ...spec('easy', port), onConflict: 'reassign' });

    await system.client.services.start({ id: 'easy' }, { waitSeconds: 30 });
    const easy = await system.client.services.get({ id: 'easy' });

    expect(easy.status).toBe('running');
    expect(easy.endpoints[0]?.lease?.port).not.toBe(port);
    expect(easy.endpoints[0]?.lease?.reason).toContain(`:${port} is held by`);
  });

  it('told each step on the WebSocket, in order and once', async () => {
    const { items } = await system.client.services.list();
    const api = items.find(({ name }) => name === 'api');
    const conflictIds = new Set(
      (await system.client.conflicts.list()).items.filter(({ wanted }) => wanted.service === 'api').map(({ id }) => id),
    );
    const live = await follow(0);
    const events = await live.until('service.status-changed', 5);
    live.close();

    // What the engine shows of the container is told as it comes, and belongs to no step.
    const told = events
      .filter(
        ({ type, subject }) => type !== 'service.changed' && (subject.id === api?.id || conflictIds.has(subject.id)),
      )
      .map(({ type, data }) => `${type} ${data.to ?? ''}`.trim());
    expect(told.slice(0, 8)).toEqual([
      'service.created',
      'service.status-changed starting',
      'conflict.detected',
      'service.status-changed created',
      'service.status-changed starting',
      'lease.granted',
      'conflict.resolved',
      'service.status-changed running',
    ]);
    const seqs = events.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  it('keeps services running and their leases when everything is stopped and started again', async () => {
    const before = await system.client.services.list();
    const code = await system.stop();
    const alive = await fetch(`http://127.0.0.1:${port}/`);
    system = await start();
    const after = await system.client.services.list();

    const shape = ({ items }: typeof before) =>
      items.map((service) => [
        service.name,
        service.status,
        service.endpoints[0]?.lease,
        containerOf(service)?.containerId,
      ]);
    expect([code, alive.status]).toEqual([0, 200]);
    expect(shape(after)).toEqual(shape(before));
  });

  it('stops, starts the same container on the same lease', async () => {
    const lease = (await system.client.services.get({ id: 'api' })).endpoints[0]?.lease;
    const stopped = await system.client.services.stop({ id: 'api' }, { waitSeconds: 30 });
    const between = await system.client.services.get({ id: 'api' });
    const started = await system.client.services.start({ id: 'api' }, { waitSeconds: 30 });
    const again = await system.client.services.get({ id: 'api' });

    expect(started.steps.map(({ name }) => name)).toEqual(['Check the ports', 'Start the container']);
    expect(containerOf(again)?.containerId).toBe(containerOf(between)?.containerId);
    expect([stopped.status, between.status, between.statusReason, again.status]).toEqual([
      'succeeded',
      'stopped',
      null,
      'running',
    ]);
    expect([between.endpoints[0]?.lease, again.endpoints[0]?.lease]).toEqual([lease, lease]);
  });

  it('deletes: container and leases go, the history stays', async () => {
    const service = await system.client.services.get({ id: 'easy' });
    await system.client.services.delete({ id: 'easy' }, { waitSeconds: 30 });
    const gone = await system.request(`/api/v2/services/${service.id}`);
    const { items: leases } = await system.client.ports.leases();
    const { items: events } = await system.client.events.list({ subject: service.id, limit: 500 });

    expect(gone.status).toBe(404);
    expect(leases.filter((lease) => lease.service?.id === service.id)).toEqual([]);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['lease.released', 'service.deleted']);
    await expect(fetch(service.endpoints[0]?.url ?? '')).rejects.toThrow();
  });
});
