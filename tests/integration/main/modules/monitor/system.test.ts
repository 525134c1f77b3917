import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '#main/modules/api/api.ts';
import { gateway } from '#main/modules/gateway/gateway.ts';
import { monitor } from '#main/modules/monitor/monitor.ts';
import { websocket } from '#main/modules/websocket/websocket.ts';
import { worker } from '#main/modules/worker/worker.ts';
import type { RunningModule } from '#main/supervisor/module.ts';
import { type Client, createClient } from '#shared/client/client.ts';
import { fetchTransport } from '#shared/client/fetch-transport.ts';
import { readApiKey } from '#shared/node/discovery.ts';
import { connectLive } from '#tests/support/live-client.ts';
import { createModuleWorld, type ModuleWorld } from '#tests/support/module-context.ts';

let world: ModuleWorld;
let key: string;
let client: Client;
const running = new Map<string, RunningModule>();

beforeAll(async () => {
  process.env.DOCKER_HOST = 'unix:///nonexistent/docker.sock';
  world = createModuleWorld();
  for (const module of [createApi(), worker, monitor, websocket, gateway]) {
    running.set(module.name, await module.start(world.contextOf(module.name)));
  }
  key = (await readApiKey(world.home)) ?? '';
  client = createClient(fetchTransport({ baseUrl: `http://127.0.0.1:${portOf('gateway')}`, token: () => key }));
});

afterAll(async () => {
  for (const module of [...running.values()].reverse()) await module.stop();
  world.dispose();
});

function portOf(name: 'gateway' | 'websocket' | 'monitor'): number {
  return running.get(name)?.ports[name] ?? 0;
}

async function metrics(headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${portOf('monitor')}/metrics`, { headers });
  return { status: response.status, text: await response.text() };
}

describe('modules together', () => {
  it('show a service that was registered through the gateway to a browser that came with a ticket', async () => {
    const { ticket } = await client.auth.createTicket();
    const url = `ws://127.0.0.1:${portOf('gateway')}/ws?ticket=${ticket}`;
    const live = await connectLive(url);
    live.send({ type: 'subscribe', id: 1, topics: ['service'] });
    const [subscribed, snapshot] = await live.until((all) => all.length === 2);
    const service = await client.services.create({
      name: 'web',
      runtime: { type: 'container', image: 'web:1' },
      endpoints: [{ containerPort: 80 }],
    });
    const [, , event] = await live.until((all) => all.length === 3);
    expect([subscribed, snapshot]).toMatchObject([{ type: 'subscribed' }, { type: 'snapshot', services: [] }]);
    expect(event).toMatchObject({ event: { type: 'service.created', subject: { id: service.id, name: 'web' } } });

    const again = await connectLive(url);
    expect((await again.closed).code).toBe(4401);
    await live.close();
  });

  it('let a key in by its header, on the own port of the websocket too', async () => {
    for (const name of ['gateway', 'websocket'] as const) {
      const url = `ws://127.0.0.1:${portOf(name)}/ws`;
      const live = await connectLive(url, { authorization: `Bearer ${key}` });
      live.send({ type: 'subscribe', id: 1, topics: ['service'] });
      expect(await live.until((all) => all.length === 2)).toMatchObject([{}, { services: [{ name: 'web' }] }]);
      await live.close();
      expect((await (await connectLive(url)).closed).code).toBe(4401);
      expect((await (await connectLive(url, { authorization: 'Bearer clos_wrong' })).closed).code).toBe(4401);
    }
  });

  it('tell how CLOS is doing, to whoever has a key', async () => {
    expect((await metrics({})).status).toBe(401);
    expect((await metrics({ authorization: 'Bearer clos_wrong' })).status).toBe(401);
    const { status, text } = await metrics({ authorization: `Bearer ${key}` });
    expect(status).toBe(200);
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'clos_info{version="0.0.0"} 1',
        'clos_services{status="created"} 1',
        'clos_services{status="running"} 0',
        'clos_conflicts_open 0',
        expect.stringMatching(/^clos_event_seq [1-9]/),
        expect.stringMatching(/^process_resident_memory_bytes [1-9]/),
        expect.stringMatching(/^clos_module_resident_memory_bytes\{module="worker"\} [1-9]/),
      ]),
    );
    // The resolver does not run here, so nothing is said about it.
    expect(text).not.toContain('{module="resolver"}');
  });

  it('take a wish for a health check at once, whatever becomes of it', async () => {
    const sibling = world.contextOf('resolver').sibling;
    const service = await client.services.get({ id: 'web' });
    expect(await sibling('monitor').internal.requestHealthCheck({ serviceId: service.id })).toEqual({
      requested: true,
    });
    expect(await sibling('monitor').internal.requestHealthCheck({ serviceId: 'svc_none' })).toEqual({
      requested: true,
    });
    expect(await sibling('worker').internal.runHealthCheck({ serviceId: service.id })).toEqual({
      health: 'none',
      reason: null,
    });
    await expect(sibling('worker').internal.runHealthCheck({ serviceId: 'svc_none' })).rejects.toMatchObject({
      code: 'SERVICE_NOT_FOUND',
    });
  });

  it('are ready', async () => {
    const { sibling } = world.contextOf('resolver');
    for (const name of ['worker', 'monitor', 'websocket', 'gateway'] as const) {
      expect(await sibling(name).module.readyz()).toMatchObject({ module: name, ready: true });
    }
  });
});
