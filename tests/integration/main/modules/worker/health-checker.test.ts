import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthChecker } from '#main/modules/worker/health-checker.ts';
import { probe } from '#main/modules/worker/probes.ts';
import type { CheckTarget } from '#main/modules/worker/targets.ts';

let server: Server;
let status: number;
let asked: number;
let targets: CheckTarget[];
let reports: Array<{ serviceId: string; health: string; reason: string | null }>;
let errors: unknown[];
let readFails: boolean;
let checker: HealthChecker;

function target(overrides: Partial<CheckTarget> = {}): CheckTarget {
  return {
    serviceId: 'svc_1',
    generation: '1',
    kind: { type: 'http', path: '/' },
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    intervalMs: 100,
    timeoutMs: 1000,
    retries: 2,
    startPeriodMs: 0,
    startedAt: 0,
    known: 'none',
    ...overrides,
  };
}

beforeEach(async () => {
  status = 200;
  asked = 0;
  reports = [];
  errors = [];
  readFails = false;
  server = createServer((_request, response) => {
    asked++;
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  targets = [target()];
  checker = new HealthChecker({
    readTargets() {
      if (readFails) throw new Error('the database is away');
      return targets;
    },
    probe,
    report: (found) => reports.push(found),
    isReporting: () => false,
    onError: (error) => errors.push(error),
  });
});

afterEach(async () => {
  await checker.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const healthy = { serviceId: 'svc_1', health: 'healthy', reason: null };
const unhealthy = { serviceId: 'svc_1', health: 'unhealthy', reason: 'The answer was HTTP 500.' };

describe('a service that is checked', () => {
  it('is reported when its health changes, and only then', async () => {
    checker.scan();
    await vi.waitFor(() => expect(reports).toEqual([healthy]));
    const before = asked;
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before + 2));
    expect(reports).toEqual([healthy]);
    status = 500;
    await vi.waitFor(() => expect(reports).toEqual([healthy, unhealthy]));
    status = 200;
    await vi.waitFor(() => expect(reports).toEqual([healthy, unhealthy, healthy]));
  });

  it('is checked at once when that is asked for, and once however many ask', async () => {
    targets = [target({ intervalMs: 60_000 })];
    const found = await Promise.all([1, 2, 3].map(() => checker.checkNow('svc_1')));
    expect(found).toEqual([1, 2, 3].map(() => ({ health: 'healthy', failures: 0, reason: null })));
    expect({ asked, reports }).toEqual({ asked: 1, reports: [healthy] });
  });

  it('stays as it was known when the worker was restarted and one check fails', async () => {
    targets = [target({ known: 'healthy', intervalMs: 60_000 })];
    status = 500;
    expect(await checker.checkNow('svc_1')).toMatchObject({ health: 'healthy', failures: 1 });
    expect(reports).toEqual([]);
    await checker.checkNow('svc_1');
    expect(reports).toEqual([unhealthy]);
  });

  it('may fail while it starts', async () => {
    targets = [target({ startedAt: Date.now(), startPeriodMs: 60_000, intervalMs: 60_000 })];
    status = 500;
    await checker.checkNow('svc_1');
    targets = [target({ startedAt: Date.now(), startPeriodMs: 60_000, intervalMs: 60_000, known: 'starting' })];
    for (let i = 0; i < 5; i++) await checker.checkNow('svc_1');
    expect(reports).toEqual([{ serviceId: 'svc_1', health: 'starting', reason: 'The answer was HTTP 500.' }]);
  });

  it('begins anew when its container was started again', async () => {
    targets = [target({ intervalMs: 60_000 })];
    await checker.checkNow('svc_1');
    targets = [target({ intervalMs: 60_000, generation: '2' })];
    await checker.checkNow('svc_1');
    expect(reports).toEqual([healthy, healthy]);
  });

  it('is told again when the row does not show what was told', async () => {
    targets = [target({ intervalMs: 60_000 })];
    await checker.checkNow('svc_1');
    await checker.checkNow('svc_1');
    expect(reports).toEqual([healthy, healthy]);
    targets = [target({ intervalMs: 60_000, known: 'healthy' })];
    await checker.checkNow('svc_1');
    expect(reports).toHaveLength(2);
  });

  it('is let go when it stops, also during a check', async () => {
    targets = [target({ intervalMs: 60_000 })];
    const checking = checker.checkNow('svc_1');
    targets = [];
    checker.scan();
    await checking;
    expect({ reports, size: checker.size }).toEqual({ reports: [], size: 0 });
    expect(await checker.checkNow('svc_1')).toBeNull();
  });
});

it('keeps what it watches when the services cannot be read', () => {
  checker.scan();
  readFails = true;
  checker.scan();
  expect({ size: checker.size, errors }).toEqual({ size: 1, errors: [new Error('the database is away')] });
});
