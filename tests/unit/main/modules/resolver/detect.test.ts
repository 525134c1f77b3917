import { describe, expect, it } from 'vitest';
import type { Listener } from '#main/host/types.ts';
import { detectConflicts } from '#main/modules/resolver/detect.ts';
import {
  containerHolder,
  containerOf,
  forwarder,
  holderOf,
  inputOf,
  leaseOf,
  listenerOf,
  nodeHolder,
  ownerOf,
  stopped,
  wantedAsTold,
  wantedOf,
} from './fixtures.ts';

const refused = { source: 'probe', detail: 'A bind of tcp 127.0.0.1:3000 was refused: in use' };
const listens = { source: 'listener', detail: 'tcp 0.0.0.0:3000, inode 81723, process 4242 (node)' };
const publishes = {
  source: 'engine',
  detail: 'Container shop-web-1 (shop/web:1) publishes 0.0.0.0:3000 -> 80/tcp',
};
const leased = { source: 'lease', detail: 'tcp 3000 is leased to db/sql since 2026-01-01T00:00:00.000Z' };

/** Kind, severity and holder's name of each finding: enough where the rest is asserted elsewhere. */
function outline(change: Parameters<typeof inputOf>[0]): string[] {
  return detectConflicts(inputOf(change)).map(({ kind, severity, holder }) => `${severity} ${kind}: ${holder.name}`);
}

describe('a wanted port', () => {
  it('is no conflict when it is free', () => {
    expect(detectConflicts(inputOf({ probes: ['free'] }))).toEqual([]);
  });

  it('is blocked by a process, which is named with its project and checkout', () => {
    expect(detectConflicts(inputOf({ listeners: [listenerOf()] }))).toEqual([
      { kind: 'process', severity: 'blocking', wanted: wantedAsTold, holder: nodeHolder, evidence: [listens, refused] },
    ]);
  });

  it('says why the process must not be ended', () => {
    const owner = ownerOf({ name: 'sshd', protectedReason: 'It is the SSH server.' });
    const [finding] = detectConflicts(inputOf({ listeners: [listenerOf({ owner })] }));
    expect(finding?.holder).toEqual({ ...nodeHolder, name: 'sshd', protected: true });
    expect(finding?.evidence).toEqual([
      { source: 'listener', detail: 'tcp 0.0.0.0:3000, inode 81723, process 4242 (sshd)' },
      { source: 'system', detail: 'sshd must not be ended. It is the SSH server.' },
      refused,
    ]);
  });

  it('names at least the user of a process that is hidden', () => {
    expect(detectConflicts(inputOf({ listeners: [listenerOf({ owner: null, user: 'bob' })] }))).toEqual([
      {
        kind: 'process',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: holderOf({ name: 'a process of bob', user: 'bob', protected: true }),
        evidence: [{ source: 'listener', detail: 'tcp 0.0.0.0:3000, inode 81723, owned by bob' }, refused],
      },
    ]);
  });

  it('is blocked once by a process with several sockets, and by each of several processes', () => {
    const at = (address: string, inode: number, pid: number) =>
      listenerOf({ address, inode, owner: ownerOf({ pid, name: `node${pid}` }) });
    const change = {
      wanted: [wantedOf({ address: '0.0.0.0' })],
      listeners: [at('127.0.0.1', 1, 10), at('127.0.0.2', 2, 11), at('127.0.0.3', 3, 10)],
    };
    expect(outline(change)).toEqual(['blocking process: node10', 'blocking process: node11']);
    expect(detectConflicts(inputOf(change))[0]?.evidence.map(({ detail }) => detail)).toEqual([
      'tcp 127.0.0.1:3000, inode 1, process 10 (node10)',
      'tcp 127.0.0.3:3000, inode 3, process 10 (node10)',
      'A bind of tcp 0.0.0.0:3000 was refused: in use',
    ]);
  });

  it('is temporarily in use when nobody listens', () => {
    expect(detectConflicts(inputOf())).toEqual([
      {
        kind: 'temporary',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: holderOf({ name: 'a connection' }),
        evidence: [
          {
            source: 'system',
            detail:
              'Nobody listens on tcp 127.0.0.1:3000; a connection that is still open uses it, or a socket that does not listen. It usually passes',
          },
          refused,
        ],
      },
    ]);
  });

  it('is held by an unknown process where listeners cannot be listed', () => {
    expect(detectConflicts(inputOf({ limitation: 'CLOS cannot list sockets here.' }))).toEqual([
      {
        kind: 'process',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: holderOf({ name: 'a process', protected: true }),
        evidence: [{ source: 'system', detail: 'CLOS cannot list sockets here.' }, refused],
      },
    ]);
  });

  it('is not there when its address is not', () => {
    expect(detectConflicts(inputOf({ wanted: [wantedOf({ address: '10.9.9.9' })], probes: ['unavailable'] }))).toEqual([
      {
        kind: 'reserved',
        severity: 'blocking',
        wanted: { ...wantedAsTold, address: '10.9.9.9' },
        holder: holderOf({ type: 'system', name: 'address', protected: true }),
        evidence: [
          { source: 'probe', detail: '10.9.9.9 is not an address of this host, or its family is switched off' },
        ],
      },
    ]);
  });
});

describe("another service's lease", () => {
  it('blocks the port on every address, even while the service is stopped', () => {
    const change = { probes: ['free' as const], leases: [leaseOf({ address: '::1' })] };
    expect(detectConflicts(inputOf(change))).toEqual([
      {
        kind: 'lease',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: holderOf({
          type: 'service',
          name: 'db',
          since: '2026-01-01T00:00:00.000Z',
          service: { id: 'svc_db', name: 'db' },
        }),
        evidence: [leased],
      },
    ]);
  });

  it('comes first and gathers what the engine and the listener tell about the same service', () => {
    const change = {
      leases: [leaseOf()],
      containers: [containerOf({ managedServiceId: 'svc_db' })],
      listeners: [listenerOf({ owner: forwarder })],
    };
    expect(detectConflicts(inputOf(change))).toEqual([
      {
        kind: 'lease',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: holderOf({
          type: 'service',
          name: 'db',
          since: '2026-01-01T00:00:00.000Z',
          service: { id: 'svc_db', name: 'db' },
          container: { id: 'c0ffee', name: 'shop-web-1', image: 'shop/web:1', state: 'running' },
          project: 'shop',
        }),
        evidence: [
          leased,
          publishes,
          { source: 'listener', detail: 'tcp 0.0.0.0:3000, inode 81723, process 900 (docker-proxy)' },
          refused,
        ],
      },
    ]);
  });

  it('has the forwarder of a container that the engine has not told of yet, but none of another engine beside its own', () => {
    const db = { id: 'svc_db', name: 'db', runtime: 'container' as const, active: true, references: [], cwd: null };
    const change = { leases: [leaseOf()], services: [db], listeners: [listenerOf({ owner: forwarder })] };
    const known = containerOf({ managedServiceId: 'svc_db', ports: [] });
    expect(outline(change)).toEqual(['blocking lease: db']);
    expect(outline({ ...change, containers: [known] })).toEqual([
      'blocking lease: db',
      'blocking process: docker-proxy',
    ]);
    expect(outline({ ...change, services: [{ ...db, active: false }] })).toEqual([
      'blocking lease: db',
      'blocking process: docker-proxy',
    ]);
  });

  it('is one conflict and a stranger at another address of the port another', () => {
    const change = { leases: [leaseOf()], listeners: [listenerOf()] };
    expect(outline(change)).toEqual(['blocking lease: db', 'blocking process: node']);
  });

  it('is shown with the process that CLOS runs for it', () => {
    const change = {
      leases: [leaseOf()],
      processes: [{ pid: 4000, serviceId: 'svc_db', serviceName: 'db' }],
      listeners: [listenerOf()],
    };
    const [finding, ...others] = detectConflicts(inputOf(change));
    expect(others).toEqual([]);
    expect(finding?.kind).toBe('lease');
    expect(finding?.holder).toEqual({
      ...nodeHolder,
      type: 'service',
      name: 'db',
      since: '2026-01-01T00:00:00.000Z',
      service: { id: 'svc_db', name: 'db' },
    });
  });

  it('is shown with whoever listens there, where CLOS only watches the service', () => {
    const db = { id: 'svc_db', name: 'db', runtime: 'external' as const, active: true, references: [], cwd: null };
    const [finding, ...others] = detectConflicts(
      inputOf({ leases: [leaseOf()], services: [db], listeners: [listenerOf()] }),
    );
    expect(others).toEqual([]);
    expect([finding?.kind, finding?.holder.name, finding?.holder.pid]).toEqual(['lease', 'db', 4242]);
    const boxed = { leases: [leaseOf()], services: [db], containers: [containerOf()], probes: ['used' as const] };
    expect(outline(boxed)).toEqual(['blocking lease: db']);
    // The service itself asks who answers there.
    const asking = [wantedOf({ service: { id: 'svc_db', name: 'db' } })];
    expect(outline({ wanted: asking, leases: [leaseOf()], services: [db], listeners: [listenerOf()] })).toEqual([
      'blocking process: node',
    ]);
  });

  it.each([
    ['another protocol', leaseOf({ protocol: 'udp' })],
    ['another port', leaseOf({ port: 3001 })],
    ['the service itself', leaseOf({ service: { id: 'svc_web', name: 'web', endpoint: 'http' } })],
  ])('does not block when it is for %s', (_, lease) => {
    expect(detectConflicts(inputOf({ probes: ['free'], leases: [lease] }))).toEqual([]);
  });

  it('is as good as given to the first of two endpoints in one request', () => {
    const other = wantedOf({ service: { id: 'svc_api', name: 'api' }, address: '::1' });
    expect(detectConflicts(inputOf({ wanted: [wantedOf(), other], probes: ['free', 'free'] }))).toEqual([
      {
        kind: 'lease',
        severity: 'blocking',
        wanted: { ...wantedAsTold, service: 'api', serviceId: 'svc_api', address: '::1' },
        holder: holderOf({ type: 'service', name: 'web', service: { id: 'svc_web', name: 'web' } }),
        evidence: [{ source: 'clos', detail: 'web/http asks for tcp 3000 as well' }],
      },
    ]);
    expect(outline({ wanted: [wantedOf(), wantedOf()], probes: ['free', 'free'] })).toEqual([]);
    expect(outline({ wanted: [wantedOf(), wantedOf({ endpoint: 'admin' })], probes: ['free', 'free'] })).toEqual([
      'blocking lease: web',
    ]);
  });
});

describe('a container of the engine', () => {
  it('blocks by the port map, also when no socket shows it', () => {
    expect(detectConflicts(inputOf({ probes: ['free'], containers: [containerOf()] }))).toEqual([
      { kind: 'container', severity: 'blocking', wanted: wantedAsTold, holder: containerHolder, evidence: [publishes] },
    ]);
  });

  it.each<[string, Partial<Listener>]>([
    ['a forwarder', { owner: forwarder }],
    ['a forwarder that is hidden from us', { owner: null, uid: 0, user: 'root' }],
    ['a process inside of it', { owner: ownerOf({ containerId: 'c0ffee' }) }],
  ])('stands behind %s', (_, change) => {
    expect(outline({ containers: [containerOf()], listeners: [listenerOf(change)] })).toEqual([
      'blocking container: shop-web-1',
    ]);
  });

  it('on the network of the host is found by its process, without any port map', () => {
    const listener = listenerOf({ owner: ownerOf({ containerId: 'c0ffee' }) });
    expect(detectConflicts(inputOf({ containers: [containerOf({ ports: [] })], listeners: [listener] }))).toEqual([
      {
        kind: 'container',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: {
          ...containerHolder,
          pid: 4242,
          identity: '4242.1.boot',
          command: 'node server.js',
          user: 'ada',
          checkout: nodeHolder.checkout,
        },
        evidence: [listens, refused],
      },
    ]);
  });

  it('is not blamed for a process that merely has the same port on another address', () => {
    const ports = [{ protocol: 'tcp', address: '192.168.1.5', port: 3000, containerPort: 80 }];
    const listener = listenerOf({ address: '127.0.0.1' });
    expect(outline({ containers: [containerOf({ ports })], listeners: [listener] })).toEqual([
      'blocking process: node',
    ]);
  });

  it('does not conflict with the service it belongs to', () => {
    const change = {
      leases: [leaseOf({ service: { id: 'svc_web', name: 'web', endpoint: 'http' } })],
      containers: [containerOf({ managedServiceId: 'svc_web' })],
      listeners: [listenerOf({ owner: forwarder }), listenerOf({ family: 6, address: '::', owner: forwarder })],
    };
    expect(detectConflicts(inputOf(change))).toEqual([]);
    expect(detectConflicts(inputOf({ ...change, listeners: [] }))).toEqual([]);
  });

  it('meets the IPv6 wildcard of a process, but not that of another container', () => {
    const containers = [containerOf()];
    const wish = wantedOf({ address: '::' });
    expect(outline({ wanted: [wish], probes: ['free'], containers })).toEqual(['blocking container: shop-web-1']);
    expect(outline({ wanted: [{ ...wish, byEngine: true }], probes: ['free'], containers })).toEqual([]);
  });

  it('behind a forwarder of an engine that CLOS does not know stays a protected process', () => {
    expect(outline({ listeners: [listenerOf({ owner: forwarder })] })).toEqual(['blocking process: docker-proxy']);
    expect(detectConflicts(inputOf({ listeners: [listenerOf({ owner: forwarder })] }))[0]?.holder.protected).toBe(true);
  });
});

describe('a stopped container', () => {
  const claims = {
    source: 'engine',
    detail: 'Container shop-web-1 (shop/web:1) is exited and claims 0.0.0.0:3000 -> 80/tcp',
  };

  it('only warns, because it holds nothing', () => {
    expect(detectConflicts(inputOf({ probes: ['free'], containers: [containerOf(stopped)] }))).toEqual([
      {
        kind: 'stopped-container',
        severity: 'warning',
        wanted: wantedAsTold,
        holder: {
          ...containerHolder,
          since: null,
          container: { id: 'c0ffee', name: 'shop-web-1', image: 'shop/web:1', state: 'exited' },
        },
        evidence: [claims],
      },
    ]);
  });

  it('is one more thing to know where the port is held anyway', () => {
    const findings = detectConflicts(inputOf({ containers: [containerOf(stopped)], listeners: [listenerOf()] }));
    expect(findings.map(({ kind, evidence }) => [kind, evidence])).toEqual([['process', [listens, claims, refused]]]);
  });

  it('of the service itself is no conflict', () => {
    const containers = [containerOf({ ...stopped, managedServiceId: 'svc_web' })];
    expect(detectConflicts(inputOf({ probes: ['free'], containers }))).toEqual([]);
  });
});

describe('a port of CLOS itself', () => {
  it('blocks and is never to be ended', () => {
    const change = { ownPorts: [{ name: 'gateway', port: 3000 }], listeners: [listenerOf({ address: '127.0.0.1' })] };
    expect(detectConflicts(inputOf(change))).toEqual([
      {
        kind: 'clos',
        severity: 'blocking',
        wanted: wantedAsTold,
        holder: {
          ...nodeHolder,
          type: 'clos',
          name: 'gateway',
          since: null,
          protected: true,
        },
        evidence: [
          { source: 'clos', detail: 'CLOS uses tcp 3000 for its gateway' },
          { source: 'listener', detail: 'tcp 127.0.0.1:3000, inode 81723, process 4242 (node)' },
          refused,
        ],
      },
    ]);
    const wanted = [wantedOf({ protocol: 'udp' })];
    expect(outline({ wanted, probes: ['free'], ownPorts: change.ownPorts })).toEqual([]);
  });
});

describe('a socket in the other family', () => {
  const ipv6 = (address: string, v6only: boolean | null = null) => listenerOf({ family: 6, address, v6only });

  it('shadows a loopback port, which still can be had', () => {
    expect(detectConflicts(inputOf({ probes: ['free'], listeners: [ipv6('::1')] }))).toEqual([
      {
        kind: 'shadowed',
        severity: 'warning',
        wanted: wantedAsTold,
        holder: nodeHolder,
        evidence: [
          { source: 'listener', detail: 'tcp [::1]:3000, inode 81723, process 4242 (node)' },
          {
            source: 'system',
            detail:
              'localhost:3000 can reach [::1]:3000 instead of 127.0.0.1:3000, depending on which address family a program tries first',
          },
        ],
      },
    ]);
  });

  it('on the wildcard blocks or shadows as the bind decides', () => {
    expect(outline({ probes: ['used'], listeners: [ipv6('::')] })).toEqual(['blocking process: node']);
    expect(outline({ probes: ['forbidden'], listeners: [ipv6('::')] })).toEqual(['blocking process: node']);
    expect(outline({ probes: ['free'], listeners: [ipv6('::')] })).toEqual(['warning shadowed: node']);
    expect(outline({ probes: ['free'], listeners: [ipv6('::', true)] })).toEqual(['warning shadowed: node']);
  });

  it('shadows ::1 from IPv4 as well', () => {
    const wanted = [wantedOf({ address: '::1' })];
    expect(outline({ wanted, probes: ['free'], listeners: [listenerOf()] })).toEqual(['warning shadowed: node']);
  });

  it.each<[string, string, Partial<Listener>]>([
    ['another loopback address', '127.0.0.1', { address: '127.0.0.2' }],
    ['an address that is not called localhost', '127.0.0.1', { family: 6, address: 'fd00::2' }],
    ['a wanted address that is not called localhost', '192.168.1.5', { family: 6, address: '::1' }],
    ['another port', '127.0.0.1', { family: 6, address: '::1', port: 3001 }],
    ['another protocol', '127.0.0.1', { family: 6, address: '::1', protocol: 'udp' }],
  ])('does not shadow with %s', (_, address, change) => {
    const wanted = [wantedOf({ address })];
    expect(detectConflicts(inputOf({ wanted, probes: ['free'], listeners: [listenerOf(change)] }))).toEqual([]);
  });

  it('of a service that has the lease is told once', () => {
    const change = {
      probes: ['free' as const],
      leases: [leaseOf()],
      containers: [
        containerOf({
          managedServiceId: 'svc_db',
          ports: [{ protocol: 'tcp', address: '::1', port: 3000, containerPort: 80 }],
        }),
      ],
      listeners: [listenerOf({ family: 6, address: '::1', owner: forwarder })],
    };
    expect(outline(change)).toEqual(['blocking lease: db']);
  });
});

describe('advice about a port that can be had', () => {
  it('warns of the ephemeral range, unless the port is reserved in it', () => {
    const wanted = [wantedOf({ port: 45000 }), wantedOf({ port: 40000 }), wantedOf({ port: 61000 })];
    expect(detectConflicts(inputOf({ wanted, probes: ['free', 'free', 'free'] }))).toEqual([
      {
        kind: 'reserved',
        severity: 'warning',
        wanted: { ...wantedAsTold, port: 45000 },
        holder: holderOf({ type: 'system', name: 'ephemeral ports', protected: true }),
        evidence: [
          {
            source: 'system',
            detail:
              '45000 lies in 32768-60999, from which the system gives ports to outgoing connections: one day it can be taken',
          },
        ],
      },
    ]);
  });

  it('blocks in an excluded range where the bind was not allowed, else warns of the range alone', () => {
    const wanted = [50000, 50001, 50001, 50002].map((port) => wantedOf({ port }));
    const limits = { ...inputOf().limits, excluded: [{ protocol: 'tcp' as const, from: 50000, to: 50001 }] };
    const found = detectConflicts(inputOf({ wanted, limits, probes: ['forbidden', 'free', 'used', 'free'] }));
    expect(found.map(({ severity, holder, wanted: { port } }) => [port, severity, holder.name])).toEqual([
      [50000, 'blocking', 'excluded ports'],
      [50001, 'warning', 'excluded ports'],
      [50001, 'blocking', 'a connection'],
      [50001, 'warning', 'excluded ports'],
      [50002, 'warning', 'ephemeral ports'],
    ]);
    expect(found[0]).toEqual({
      kind: 'reserved',
      severity: 'blocking',
      wanted: { ...wantedAsTold, port: 50000 },
      holder: holderOf({ type: 'system', name: 'excluded ports', protected: true }),
      evidence: [
        {
          source: 'system',
          detail:
            '50000 lies in 50000-50001, which the system keeps for itself, Hyper-V or WSL: netsh interface ipv4 show excludedportrange protocol=tcp',
        },
      ],
    });
  });

  it('says nothing of the number of a socket where sockets have none', () => {
    const [finding] = detectConflicts(inputOf({ listeners: [listenerOf({ inode: 0 })] }));
    expect(finding?.evidence[0]?.detail).toBe('tcp 0.0.0.0:3000, process 4242 (node)');
  });

  it('warns of a missing privilege, unless the engine has it', () => {
    const wanted = [wantedOf({ port: 80 }), wantedOf({ port: 81, byEngine: true })];
    expect(detectConflicts(inputOf({ wanted, probes: ['forbidden', 'forbidden'] }))).toEqual([
      {
        kind: 'reserved',
        severity: 'warning',
        wanted: { ...wantedAsTold, port: 80 },
        holder: holderOf({ type: 'system', name: 'privileged ports', protected: true }),
        evidence: [{ source: 'system', detail: 'Ports below 1024 need a privilege that CLOS does not have' }],
      },
    ]);
  });

  it('follows what blocks', () => {
    const wanted = [wantedOf({ port: 45000 })];
    expect(outline({ wanted, listeners: [listenerOf({ port: 45000 })] })).toEqual([
      'blocking process: node',
      'warning reserved: ephemeral ports',
    ]);
  });
});
