import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LiveClient } from '#shared/client/live-client.ts';
import { liveSubprotocol, type Metric } from '#shared/contract/live.ts';
import { eventually } from '#tests/support/eventually.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
const upstream = createServer((request, response) =>
  response.writeHead(request.url === '/bad' ? 500 : 200).end('here'),
);

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  system = await startSystem();
  await system.client.services.create({
    name: 'web',
    runtime: { type: 'external' },
    endpoints: [{ name: 'http', hostPort: (upstream.address() as AddressInfo).port }],
  });
  await eventually(
    () => system.client.services.get({ id: 'web' }),
    ({ status }) => status === 'running',
  );
});

afterAll(async () => {
  await system.stop();
  removeHome(system.home);
  upstream.close();
});

async function visit(path: string): Promise<number> {
  const port = Number(new URL(system.discovery.gateway.url).port);
  const request = httpRequest({ host: '127.0.0.1', port, path, headers: { host: 'web.localhost' }, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

it('what goes through a route is told live, beside the log, to whoever follows its values', async () => {
  const [route] = (await system.client.routes.list()).items;
  const told: Metric[] = [];
  const live = new LiveClient({
    connect: async () => {
      const url = `${system.discovery.gateway.url.replace('http', 'ws')}/ws`;
      return new WebSocket(url, liveSubprotocol, { headers: { authorization: `Bearer ${system.apiKey}` } });
    },
    topics: ['metric'],
    subjects: [route?.id ?? ''],
    onEvent: () => undefined,
    onMetric: (metric) => told.push(metric),
  });
  live.start();
  const statuses = [await visit('/'), await visit('/bad'), await visit('/?token=secret')];
  const last = await eventually(
    async () => told.at(-1),
    (metric) => metric?.values.requests === 3 && metric.values.inFlight === 0,
  );
  live.stop();

  expect(statuses).toEqual([200, 500, 200]);
  expect(last).toMatchObject({
    subject: route?.id,
    values: { requests: 3, inFlight: 0, tunnels: 0, limited: 0, unanswered: 0, failed: 1, p50: expect.any(Number) },
  });
  // Three requests within a second are not three messages.
  expect(told.length).toBeLessThan(3);
});
