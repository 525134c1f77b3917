import { expect, it } from 'vitest';
import { mapPorts } from '#main/modules/resolver/port-map.ts';
import type { LeaseRow } from '#shared/contract/ports.ts';
import {
  containerHolder,
  containerOf,
  forwarder,
  leaseOf,
  listenerOf,
  nodeHolder,
  ownerOf,
  stopped,
} from './fixtures.ts';

const ranges = [{ name: 'candlefish', first: 3000, last: 3099 }];

function rowOf(change: Partial<LeaseRow>): LeaseRow {
  const { id, protocol, address, since } = leaseOf();
  const service = { id: 'svc_web', name: 'web' };
  return {
    id,
    protocol,
    address,
    since,
    port: 3000,
    reason: 'wanted',
    range: 'candlefish',
    service,
    endpoint: 'http',
    note: null,
    ...change,
  };
}

const portsOf = (port: number) => [{ protocol: 'tcp', address: '0.0.0.0', port, containerPort: 80 }];

it('tells of every port what it is, who has it and whether anybody listens', () => {
  const rows = mapPorts({
    ranges,
    leases: [
      rowOf({ id: 'lse_1', port: 3000 }),
      rowOf({ id: 'lse_2', port: 3001 }),
      rowOf({ id: 'lse_3', port: 3002, service: null, endpoint: null, note: 'for the demo' }),
    ],
    listeners: [
      listenerOf({ port: 3001 }),
      listenerOf({ port: 3003, address: '127.0.0.1' }),
      listenerOf({ port: 3003, address: '::1', family: 6 }),
      listenerOf({ port: 3004, owner: forwarder }),
      listenerOf({ port: 8081, owner: ownerOf({ pid: 1 }) }),
    ],
    world: {
      leases: [],
      containers: [
        containerOf({ ports: portsOf(3004) }),
        containerOf({ ...stopped, id: 'old', name: 'old-1', ports: portsOf(5432) }),
      ],
      ownPorts: [{ name: 'api', port: 8081 }],
    },
  });
  expect(rows.map(({ port, state, label, listening, range }) => [port, state, label, listening, range])).toEqual([
    [3000, 'leased', 'web', false, 'candlefish'],
    [3001, 'contested', 'web', true, 'candlefish'],
    [3002, 'reserved', 'for the demo', false, 'candlefish'],
    [3003, 'listening', 'node', true, 'candlefish'],
    [3004, 'listening', 'shop-web-1', true, 'candlefish'],
    [5432, 'claimed', 'old-1', false, null],
    [8081, 'clos', 'api', true, null],
  ]);
  expect(rows[1]?.holder).toEqual(nodeHolder);
  expect(rows[3]?.addresses).toEqual(['127.0.0.1', '::1']);
  expect(rows[4]?.holder).toEqual(containerHolder);
});

it('calls a leased port leased, not contested, where its own service listens', () => {
  const [row] = mapPorts({
    ranges,
    leases: [rowOf({})],
    listeners: [listenerOf()],
    world: {
      leases: [],
      containers: [],
      ownPorts: [],
      processes: [{ pid: 4000, serviceId: 'svc_web', serviceName: 'web' }],
    },
  });
  expect([row?.state, row?.listening, row?.holder?.service]).toEqual(['leased', true, { id: 'svc_web', name: 'web' }]);
});
