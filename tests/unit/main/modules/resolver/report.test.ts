import { describe, expect, it } from 'vitest';
import { reportPort } from '#main/modules/resolver/report.ts';
import { containerHolder, containerOf, forwarder, leaseOf, listenerOf, nodeHolder, stopped } from './fixtures.ts';

const nothing = { leases: [], containers: [], ownPorts: [] };
const { serviceId, serviceName, ...lease } = leaseOf();
const leaseRow = { ...lease, reason: 'wanted', range: 'apis', service: { id: serviceId, name: serviceName } };

describe('the report of a port', () => {
  it('is free when nobody listens, leases or claims it', () => {
    const facts = {
      port: 3001,
      listeners: [listenerOf()],
      leases: [leaseRow],
      world: { ...nothing, containers: [containerOf()], ownPorts: [{ name: 'api', port: 3000 }] },
    };
    expect(reportPort(facts)).toEqual({ port: 3001, free: true, listeners: [], leases: [], claims: [] });
  });

  it('names who stands behind each socket, the leases, and the claims of stopped containers', () => {
    const old = containerOf({ ...stopped, id: 'old', name: 'old-1' });
    const facts = {
      port: 3000,
      listeners: [listenerOf({ owner: forwarder }), listenerOf({ protocol: 'udp' })],
      leases: [leaseRow],
      world: { ...nothing, containers: [containerOf(), old] },
    };
    const claim = { protocol: 'tcp', address: '0.0.0.0' };
    expect(reportPort(facts)).toEqual({
      port: 3000,
      free: false,
      listeners: [
        { protocol: 'tcp', address: '0.0.0.0', port: 3000, holder: containerHolder },
        { protocol: 'udp', address: '0.0.0.0', port: 3000, holder: nodeHolder },
      ],
      leases: [leaseRow],
      claims: [
        { ...claim, container: { id: 'c0ffee', name: 'shop-web-1', image: 'shop/web:1', state: 'running' } },
        { ...claim, container: { id: 'old', name: 'old-1', image: 'shop/web:1', state: 'exited' } },
      ],
    });
  });

  it('is not free where CLOS itself has it, though it may not listen yet', () => {
    const world = { ...nothing, ownPorts: [{ name: 'api', port: 3000 }] };
    expect(reportPort({ port: 3000, listeners: [], leases: [], world }).free).toBe(false);
  });
});
