import { expect, it } from 'vitest';
import { createChecker } from '#main/modules/resolver/check.ts';
import { findConflicts } from '#main/modules/resolver/propose.ts';
import type { StoredWorld } from '#main/modules/resolver/world-reader.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import { containerOf, leaseOf, stopped, wantedOf } from './fixtures.ts';
import { createMachine } from './worlds/model/machine.ts';

const web = { id: 'svc_web', name: 'web' };
const local = { protocol: 'tcp', address: '127.0.0.1' } as const;

function claimOf(endpoint: string, port: number): WantedClaim {
  return { ...wantedOf({ endpoint, port, range: 'few' }), service: web };
}

/** What is in the way of these claims where a program holds 127.0.0.1:3001 and only 3000-3002 may be given. */
async function propose(claims: readonly WantedClaim[], change: Partial<StoredWorld>) {
  const { host, run } = createMachine();
  run([{ ...local, port: 3001, v6only: false }]);
  const ranges = [{ name: 'few', first: 3000, last: 3002 }];
  const nothing = { services: [], containers: [], leases: [], processes: [], ownPorts: [], protect: [], wishes: [] };
  const world: StoredWorld = { ...nothing, ranges, seq: 0, ...change };
  const conflicts = await findConflicts({ checker: createChecker({ host }), host }, { claims, how: 'check' }, world);
  return conflicts.map(({ kind, severity, options }) => [
    `${severity} ${kind}`,
    ...options.flatMap(({ strategy, port, address }) => (port === null && address === null ? [] : [strategy])),
  ]);
}

it('the last free port is offered where a port is held, not where one is only claimed', async () => {
  const containers = [containerOf({ ...stopped, ports: [{ ...local, port: 3000, containerPort: 80 }] })];
  expect(await propose([claimOf('admin', 3000), claimOf('http', 3001)], { containers })).toEqual([
    ['warning stopped-container'],
    ['blocking process', 'reassign'],
  ]);
});

it('another address is offered only where nobody else leases the port', async () => {
  const runtime = 'container' as const;
  const boxed = { ...web, runtime, active: false, references: [], cwd: null, waits: false, openConflicts: [] };
  const services = [{ ...boxed, status: 'stopped' as const }];
  const claims = [claimOf('http', 3001)];
  const lease = (service: { id: string; name: string }) => [
    leaseOf({ port: 3001, service: { ...service, endpoint: 'http' } }),
  ];
  const held = ['blocking process', 'reassign', 'change-address'];
  expect(await propose(claims, { services })).toEqual([held]);
  expect(await propose(claims, { services, leases: lease(web) })).toEqual([held]);
  expect(await propose(claims, { services, leases: lease({ id: 'svc_db', name: 'db' }) })).toEqual([
    ['blocking lease', 'reassign'],
    ['blocking process', 'reassign'],
  ]);
});
