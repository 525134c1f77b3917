import { describe, expect, it } from 'vitest';
import { reportPort } from '#main/modules/resolver/report.ts';
import {
  containerHolder,
  containerOf,
  forwarder,
  inputOf,
  leaseOf,
  listenerOf,
  nodeHolder,
  stopped,
} from './fixtures.ts';

const nothing = { leases: [], containers: [], ownPorts: [] };
const leaseRow = {
  ...leaseOf(),
  reason: 'wanted',
  range: 'apis',
  service: { id: 'svc_db', name: 'db' },
  endpoint: 'sql',
};
const { limits } = inputOf();
const known = { ranges: [{ name: 'candlefish', first: 3000, last: 3099 }], limits };
const about = { clos: null, range: 'candlefish', notes: [] };

describe('the report of a port', () => {
  it('is free when nobody listens, leases or claims it', () => {
    const facts = {
      ...known,
      port: 3001,
      listeners: [listenerOf()],
      leases: [leaseRow],
      world: { ...nothing, containers: [containerOf()], ownPorts: [{ name: 'api', port: 3000 }] },
    };
    expect(reportPort(facts)).toEqual({
      port: 3001,
      free: true,
      listeners: [],
      leases: [],
      claims: [],
      ...about,
    });
  });

  it('names who stands behind each socket, the leases, and the claims of stopped containers', () => {
    const old = containerOf({ ...stopped, id: 'old', name: 'old-1' });
    const facts = {
      ...known,
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
      ...about,
    });
  });

  it('is not free where CLOS itself has it, though it may not listen yet', () => {
    const world = { ...nothing, ownPorts: [{ name: 'api', port: 3000 }] };
    expect(reportPort({ ...known, port: 3000, listeners: [], leases: [], world })).toMatchObject({
      free: false,
      clos: 'api',
    });
  });

  it('says what else is to know: the ephemeral range and the privilege', () => {
    const report = (port: number) => reportPort({ ...known, port, listeners: [], leases: [], world: nothing });

    expect([report(80).notes, report(33_000).notes, report(40_000).notes]).toEqual([
      ['Ports below 1024 need a privilege.'],
      ['The system gives ports of 32768-60999 to outgoing connections: one day it can be taken.'],
      [],
    ]);
    expect(report(80).range).toBeNull();
  });

  it('says which excluded range of the system it lies in', () => {
    const excluded = [
      { protocol: 'tcp' as const, from: 3000, to: 3099 },
      { protocol: 'udp' as const, from: 3050, to: 3050 },
    ];
    const limits = { ...known.limits, excluded };
    const notes = [3000, 3050, 3100].map(
      (port) => reportPort({ ...known, limits, port, listeners: [], leases: [], world: nothing }).notes,
    );
    expect(notes).toEqual([
      ['The system keeps tcp 3000-3099 for itself, Hyper-V or WSL.'],
      [
        'The system keeps tcp 3000-3099 for itself, Hyper-V or WSL.',
        'The system keeps udp 3050-3050 for itself, Hyper-V or WSL.',
      ],
      [],
    ]);
  });
});
