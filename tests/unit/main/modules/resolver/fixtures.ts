import type { Listener, ProcessOwner } from '#main/host/types.ts';
import type { ContainerFact, DetectionInput, LeaseFact, WantedPort } from '#main/modules/resolver/world.ts';
import type { Holder } from '#shared/contract/conflicts.ts';

/** One wanted port, tcp 127.0.0.1:3000 of web/http, in a world where nothing else exists. */
export function inputOf(change: Partial<DetectionInput> = {}): DetectionInput {
  return {
    wanted: [wantedOf()],
    leases: [],
    containers: [],
    ownPorts: [],
    probes: ['used'],
    listeners: [],
    limits: { ephemeral: { from: 32768, to: 60999 }, privilegedBelow: 1024, reserved: [40000], excluded: [] },
    limitation: null,
    ...change,
  };
}

export function wantedOf(change: Partial<WantedPort> = {}): WantedPort {
  return {
    service: { id: 'svc_web', name: 'web' },
    endpoint: 'http',
    protocol: 'tcp',
    address: '127.0.0.1',
    port: 3000,
    range: 'apis',
    ...change,
  };
}

export const wantedAsTold = {
  service: 'web',
  serviceId: 'svc_web',
  endpoint: 'http',
  protocol: 'tcp' as const,
  address: '127.0.0.1',
  port: 3000,
};

export function leaseOf(change: Partial<LeaseFact> = {}): LeaseFact {
  return {
    id: 'lse_1',
    port: 3000,
    protocol: 'tcp',
    address: '127.0.0.1',
    service: { id: 'svc_db', name: 'db', endpoint: 'sql' },
    note: null,
    since: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

export function containerOf(change: Partial<ContainerFact> = {}): ContainerFact {
  return {
    id: 'c0ffee',
    name: 'shop-web-1',
    image: 'shop/web:1',
    state: 'running',
    running: true,
    managedServiceId: null,
    composeProject: 'shop',
    ports: [{ protocol: 'tcp', address: '0.0.0.0', port: 3000, containerPort: 80 }],
    startedAt: '2026-01-02T00:00:00.000Z',
    checkout: null,
    ...change,
  };
}

export const stopped = { state: 'exited', running: false, startedAt: null };

export function ownerOf(change: Partial<ProcessOwner> = {}): ProcessOwner {
  return {
    pid: 4242,
    name: 'node',
    command: 'node server.js',
    argv: ['node', 'server.js'],
    executable: '/usr/bin/node',
    cwd: '/home/ada/shop',
    user: 'ada',
    uid: 1000,
    startedAt: '2026-01-03T00:00:00.000Z',
    startTicks: 1,
    bootId: 'boot',
    ppid: 4000,
    sessionId: 4000,
    hasTerminal: true,
    containerId: null,
    ancestors: [4000, 1],
    project: 'shop',
    checkout: { root: '/home/ada/shop', branch: 'main' },
    protectedReason: null,
    forwarder: false,
    ...change,
  };
}

export function listenerOf(change: Partial<Listener> = {}): Listener {
  return {
    protocol: 'tcp',
    family: 4,
    address: '0.0.0.0',
    port: 3000,
    inode: 81723,
    v6only: null,
    uid: 1000,
    user: 'ada',
    owner: ownerOf(),
    ...change,
  };
}

/** A docker-proxy: it stands for a container. */
export const forwarder = ownerOf({
  pid: 900,
  name: 'docker-proxy',
  forwarder: true,
  protectedReason: 'docker-proxy forwards the port for a container or a virtual machine.',
});

export function holderOf(change: Partial<Holder>): Holder {
  return {
    type: 'unknown',
    name: 'unknown',
    pid: null,
    identity: null,
    command: null,
    user: null,
    since: null,
    container: null,
    service: null,
    project: null,
    checkout: null,
    protected: false,
    ...change,
  };
}

export const nodeHolder = holderOf({
  type: 'process',
  name: 'node',
  pid: 4242,
  identity: '4242.1.boot',
  command: 'node server.js',
  user: 'ada',
  since: '2026-01-03T00:00:00.000Z',
  project: 'shop',
  checkout: { root: '/home/ada/shop', branch: 'main' },
});

export const containerHolder = holderOf({
  type: 'container',
  name: 'shop-web-1',
  since: '2026-01-02T00:00:00.000Z',
  container: { id: 'c0ffee', name: 'shop-web-1', image: 'shop/web:1', state: 'running' },
  project: 'shop',
});
