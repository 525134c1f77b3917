import { describe, expect, it } from 'vitest';
import { checkedAddress, targetOf } from '#main/modules/worker/targets.ts';
import type { Service } from '#shared/contract/services.ts';

const time = '2026-01-02T03:04:05.006Z';

function service(overrides: Partial<Service> = {}, address = '127.0.0.1'): Service {
  return {
    id: 'svc_1',
    name: 'web',
    instance: 'main',
    status: 'running',
    statusReason: null,
    statusSince: time,
    health: 'none',
    desired: 'running',
    needsRestart: false,
    waits: false,
    runtime: {
      type: 'container',
      image: 'web',
      mounts: [],
      init: true,
      pull: 'missing',
      observed: {
        containerId: 'c1',
        containerName: 'web',
        state: 'running',
        pid: 1,
        startedAt: time,
        exit: null,
        adopted: false,
        observedAt: time,
      },
    },
    endpoints: [
      endpoint('http', 'tcp', { address, port: 3000 }),
      endpoint('admin', 'tcp', { address, port: 3001 }),
      endpoint('dns', 'udp', { address, port: 3002 }),
      endpoint('unleased', 'tcp', null),
    ],
    env: {},
    healthCheck: { type: 'http', path: '/up', interval: '10s', timeout: '2s', retries: 3, startPeriod: '5s' },
    restart: { policy: 'no', maxRetries: 0 },
    limits: {},
    startOnVisit: false,
    onConflict: 'ask',
    revision: 1,
    createdAt: time,
    updatedAt: time,
    ...overrides,
  };
}

function endpoint(
  name: string,
  protocol: 'tcp' | 'udp',
  lease: { address: string; port: number } | null,
): Service['endpoints'][number] {
  return {
    id: `ept_${name}`,
    name,
    protocol,
    scheme: 'auto',
    address: '127.0.0.1',
    containerPort: 80,
    hostPort: 'auto',
    range: 'apis',
    lease: lease === null ? null : { id: 'lse_1', protocol, since: time, reason: 'wanted', ...lease },
    url: null,
  };
}

const tcp = (name: string) => ({
  healthCheck: { type: 'tcp', endpoint: name, interval: '1s', timeout: '1s', retries: 1, startPeriod: '0ms' } as const,
});

describe('what is checked', () => {
  it('is the leased port of the first endpoint, or of the one that is named', () => {
    expect(targetOf(service())).toEqual({
      serviceId: 'svc_1',
      generation: expect.any(String),
      kind: { type: 'http', path: '/up' },
      address: '127.0.0.1',
      port: 3000,
      intervalMs: 10_000,
      timeoutMs: 2000,
      retries: 3,
      startPeriodMs: 5000,
      startedAt: Date.parse(time),
      known: 'none',
    });
    expect(targetOf(service(tcp('admin')))).toMatchObject({ kind: { type: 'tcp' }, port: 3001, intervalMs: 1000 });
  });

  it.each([
    ['has no check', { healthCheck: null }],
    ['is stopped', { status: 'stopped' }],
    ['is being started', { status: 'starting' }],
    ['is unknown', { status: 'unknown' }],
    ['names an endpoint that only speaks udp', tcp('dns')],
    ['names an endpoint that has no lease', tcp('unleased')],
    ['names an endpoint that does not exist', tcp('other')],
    ['has no container', { runtime: { ...service().runtime, observed: null } }],
  ] satisfies Array<[string, Partial<Service>]>)('is nothing when the service %s', (_what, overrides) => {
    expect(targetOf(service(overrides))).toBeNull();
  });

  it('begins anew with another start of the container, another port or another check, not with another health', () => {
    const { runtime } = service();
    if (runtime.type !== 'container' || runtime.observed === null) throw new Error('The fixture runs in a container');
    const restarted = { ...runtime.observed, startedAt: '2026-01-02T03:04:06.006Z' };
    const generations = [
      service(),
      service({ runtime: { ...runtime, observed: restarted } }),
      service(tcp('http')),
      service({}, '127.0.0.2'),
      service({ health: 'healthy', statusReason: 'x' }),
    ].map((one) => targetOf(one)?.generation);
    expect(new Set(generations.slice(0, 4)).size).toBe(4);
    expect(generations[4]).toBe(generations[0]);
  });
});

describe('where a check goes', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['::1', '::1'],
    ['192.168.1.5', '192.168.1.5'],
    ['169.254.169.254', null],
    ['fe80::1', null],
    ['FEBF::1', null],
    ['::ffff:169.254.169.254', null],
  ])('for an endpoint bound to %s', (bound, reachable) => {
    expect(checkedAddress(bound)).toBe(reachable);
  });
});
