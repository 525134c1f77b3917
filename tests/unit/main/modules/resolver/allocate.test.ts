import { describe, expect, it } from 'vitest';
import { suggestPorts } from '#main/modules/resolver/allocate.ts';
import { judgePorts } from '#main/modules/resolver/taken.ts';

const apis = { name: 'apis', first: 4000, last: 4005 };
const nothing = () => null;
const takenFrom = (ports: Record<number, string>) => (port: number) => ports[port] ?? null;

describe('the next free port', () => {
  it('is the first of the range when none was wanted', () => {
    expect(suggestPorts({ range: apis, count: 1, taken: nothing })).toEqual([
      { port: 4000, range: 'apis', reason: '4000 is the first free port of apis (4000-4005).' },
    ]);
  });

  it('is the wanted one when it is free, and then its neighbours', () => {
    expect(suggestPorts({ range: apis, near: 4002, count: 3, taken: nothing })).toEqual([
      { port: 4002, range: 'apis', reason: '4002 is free in apis (4000-4005).' },
      { port: 4003, range: 'apis', reason: '4003 is free in apis (4000-4005) as well.' },
      { port: 4004, range: 'apis', reason: '4004 is free in apis (4000-4005) as well.' },
    ]);
  });

  it('says what was passed over', () => {
    const taken = takenFrom({ 4002: 'leased to web', 4003: 'leased to db' });
    expect(suggestPorts({ range: apis, near: 4002, count: 1, taken })).toEqual([
      {
        port: 4004,
        range: 'apis',
        reason:
          '4004 is the next free port of apis (4000-4005) after 4002: 4002 is leased to web, 4003 is leased to db.',
      },
    ]);
  });

  it('starts again at the beginning of the range, and counts what it does not name', () => {
    const taken = takenFrom({ 4003: 'in conflict', 4004: 'in use', 4005: 'in use', 4000: 'in use' });
    expect(suggestPorts({ range: apis, near: 4003, count: 1, taken })).toEqual([
      {
        port: 4001,
        range: 'apis',
        reason:
          '4001 is the first free port of apis (4000-4005), none is free above: 4003 is in conflict, 4004 is in use and 2 more are left out.',
      },
    ]);
  });

  it('is the first of the range for a port that lies elsewhere', () => {
    expect(suggestPorts({ range: apis, near: 3000, count: 1, taken: nothing })).toEqual([
      {
        port: 4000,
        range: 'apis',
        reason: '4000 is the first free port of apis (4000-4005), which 3000 is not part of.',
      },
    ]);
  });

  it('is searched among all ports without a range', () => {
    expect(suggestPorts({ range: null, near: 3000, count: 1, taken: takenFrom({ 3000: 'in use' }) })).toEqual([
      { port: 3001, range: null, reason: '3001 is the next free port of 1024-65535 after 3000: 3000 is in use.' },
    ]);
  });

  it('is one to be avoided only when no other is left', () => {
    const range = { name: 'high', first: 32766, last: 32769 };
    const avoided = (port: number) => (port >= 32768 ? 'in the ephemeral range' : null);
    expect(suggestPorts({ range, near: 32768, count: 3, taken: takenFrom({ 32767: 'in use' }), avoided })).toEqual([
      {
        port: 32766,
        range: 'high',
        reason:
          '32766 is the first free port of high (32766-32769), none is free above: 32768 is in the ephemeral range, 32769 is in the ephemeral range.',
      },
      {
        port: 32768,
        range: 'high',
        reason: '32768 is free in high (32766-32769) as well. Nothing better is left: it is in the ephemeral range.',
      },
      {
        port: 32769,
        range: 'high',
        reason: '32769 is free in high (32766-32769) as well. Nothing better is left: it is in the ephemeral range.',
      },
    ]);
  });

  it('does not exist in a full range', () => {
    expect(suggestPorts({ range: apis, count: 1, taken: () => 'in use' })).toEqual([]);
  });
});

describe('a port', () => {
  const container = {
    id: 'c',
    image: 'i',
    state: '',
    managedServiceId: null,
    composeProject: null,
    startedAt: null,
    checkout: null,
  };
  const published = (port: number, protocol = 'tcp') => [{ protocol, address: '::1', port, containerPort: 80 }];
  const judgement = judgePorts(
    {
      leases: [
        {
          id: 'lse_1',
          port: 4000,
          protocol: 'tcp',
          address: '127.0.0.1',
          service: { id: 'svc_db', name: 'db', endpoint: 'sql' },
          note: null,
          since: '2026-01-01T00:00:00.000Z',
        },
      ],
      containers: [
        { ...container, name: 'old', running: false, ports: [...published(4001), ...published(4002)] },
        { ...container, name: 'shop', running: true, ports: [...published(4002), ...published(4003, 'udp')] },
      ],
      ownPorts: [{ name: 'gateway', port: 8080 }],
    },
    {
      ephemeral: { from: 32768, to: 60999 },
      privilegedBelow: 1024,
      reserved: [40000],
      excluded: [
        { protocol: 'tcp', from: 5000, to: 5010 },
        { protocol: 'udp', from: 6000, to: 6010 },
      ],
    },
    'tcp',
  );

  it('is taken by a lease, a container, a claim or CLOS, on whatever address', () => {
    expect([4000, 4001, 4002, 4003, 8080, 4004].map((port) => judgement.taken(port))).toEqual([
      'leased to db',
      'claimed by the stopped container old',
      'held by the container shop',
      null,
      'used by CLOS (gateway)',
      null,
    ]);
  });

  it('is taken in an excluded range of its protocol', () => {
    expect([4999, 5000, 5010, 5011, 6000].map((port) => judgement.taken(port))).toEqual([
      null,
      'in the excluded range 5000-5010',
      'in the excluded range 5000-5010',
      null,
      null,
    ]);
  });

  it('is avoided where the system gives it away or asks for a privilege', () => {
    expect([80, 1024, 32768, 60999, 61000, 40000].map((port) => judgement.avoided(port))).toEqual([
      'a privileged port',
      null,
      'in the ephemeral range 32768-60999',
      'in the ephemeral range 32768-60999',
      null,
      null,
    ]);
  });
});
