import { expect, it } from 'vitest';
import { createChecker } from '#main/modules/resolver/check.ts';
import { findConflicts } from '#main/modules/resolver/propose.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import { containerOf, stopped, wantedOf } from './fixtures.ts';
import { createMachine } from './worlds/model/machine.ts';

const service = { id: 'svc_web', name: 'web' };
const claimOf = (endpoint: string, port: number): WantedClaim => ({
  ...wantedOf({ endpoint, port, range: 'few' }),
  service,
});

it('the last free port is offered where a port is held, not where one is only claimed', async () => {
  const { host, run } = createMachine();
  run([{ protocol: 'tcp', address: '127.0.0.1', port: 3001, v6only: false }]);
  const world = {
    services: [],
    containers: [
      containerOf({ ...stopped, ports: [{ protocol: 'tcp', address: '127.0.0.1', port: 3000, containerPort: 80 }] }),
    ],
    leases: [],
    processes: [],
    ownPorts: [],
    protect: [],
    wishes: [],
    ranges: [{ name: 'few', first: 3000, last: 3002 }],
    seq: 0,
  };
  const claims = [claimOf('admin', 3000), claimOf('http', 3001)];
  const conflicts = await findConflicts({ checker: createChecker({ host }), host }, { claims, how: 'check' }, world);
  const offers = conflicts.map(({ wanted, severity, options }) => [
    wanted.endpoint,
    severity,
    options.flatMap(({ strategy, port }) => (strategy === 'reassign' ? [port] : [])),
  ]);
  expect(offers).toEqual([
    ['admin', 'warning', []],
    ['http', 'blocking', [3002]],
  ]);
});
