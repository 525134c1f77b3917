import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { LeaseRow, PortRow } from '#shared/contract/ports.ts';
import type { Route } from '#shared/contract/routes.ts';
import type { Service } from '#shared/contract/services.ts';
import { plainPaint } from '../../../src/cli/output/style.ts';
import type { Terminal } from '../../../src/cli/output/terminal.ts';

export const now = Date.parse('2026-11-23T10:00:00.000Z');

/** A service as the API answers it. */
export function sampleService(fields: Partial<Service> = {}): Service {
  return {
    id: 'svc_1',
    name: 'web',
    instance: 'main',
    status: 'running',
    statusReason: null,
    statusSince: '2026-11-23T09:58:00.000Z',
    health: 'healthy',
    desired: 'running',
    needsRestart: false,
    waits: false,
    runtime: { type: 'container', image: 'shop/web:1', mounts: [], init: true, pull: 'missing', observed: null },
    endpoints: [
      {
        id: 'ept_1',
        name: 'http',
        protocol: 'tcp',
        scheme: 'auto',
        address: '127.0.0.1',
        containerPort: 80,
        hostPort: 3000,
        range: 'apis',
        lease: {
          id: 'lse_1',
          port: 3000,
          protocol: 'tcp',
          address: '127.0.0.1',
          since: '2026-11-23T09:00:00.000Z',
          reason: 'wanted',
        },
        url: 'http://127.0.0.1:3000',
      },
    ],
    env: {},
    healthCheck: null,
    restart: { policy: 'no', maxRetries: 5 },
    limits: {},
    startOnVisit: false,
    onConflict: 'ask',
    revision: 1,
    createdAt: '2026-11-23T09:00:00.000Z',
    updatedAt: '2026-11-23T09:00:00.000Z',
    ...fields,
  };
}

/** The route that the endpoint of `sampleService` has by itself. */
export function sampleRoute(fields: Partial<Route> = {}): Route {
  return {
    id: 'rte_1',
    kind: 'automatic',
    name: 'web',
    path: '/',
    url: 'http://web.localhost:8080/',
    stripPath: false,
    rateLimit: null,
    targets: [
      {
        service: { id: 'svc_1', name: 'web', instance: 'main' },
        endpoint: 'http',
        scheme: 'http',
        address: '127.0.0.1:3000',
        state: 'ready',
        status: 'running',
        reason: null,
        conflictId: null,
        draining: false,
        startOnVisit: false,
        checkout: null,
      },
    ],
    shadowedBy: null,
    createdAt: null,
    updatedAt: null,
    ...fields,
  };
}

/** web wants :3000, vite holds it. */
export const sampleConflict: Conflict = {
  id: 'cfl_7',
  kind: 'process',
  severity: 'blocking',
  wanted: { service: 'web', serviceId: 'svc_1', endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port: 3000 },
  holder: {
    type: 'process',
    name: 'node',
    pid: 4242,
    identity: '4242.1.boot',
    command: 'vite --port 3000',
    user: 'ada',
    since: '2026-11-23T09:12:00.000Z',
    container: null,
    service: null,
    project: 'blog',
    checkout: { root: '/home/ada/src/blog', branch: 'main' },
    protected: false,
  },
  evidence: [
    { source: 'listener', detail: 'tcp 0.0.0.0:3000 listens' },
    { source: 'probe', detail: '127.0.0.1:3000 cannot be bound' },
  ],
  options: [
    {
      id: 'reassign',
      strategy: 'reassign',
      title: 'Run web on 3001',
      steps: [],
      affects: ['api'],
      risk: 'none',
      reversible: true,
      recommended: true,
      command: 'clos resolve cfl_7 --option reassign',
      port: 3001,
      address: null,
    },
    {
      id: 'end-process',
      strategy: 'end-process',
      title: 'Stop vite (TERM)',
      steps: [],
      affects: [],
      risk: 'high',
      reversible: false,
      recommended: false,
      command: 'clos resolve cfl_7 --option end-process',
      port: null,
      address: null,
    },
  ],
  state: 'open',
  detectedAt: '2026-11-23T09:58:00.000Z',
  closedAt: null,
};

/** A lease of web's, as the lists of ports show it. */
export function sampleLease(fields: Partial<LeaseRow> = {}): LeaseRow {
  return {
    id: 'lse_1',
    port: 3000,
    protocol: 'tcp',
    address: '127.0.0.1',
    since: '2026-11-22T09:00:00.000Z',
    reason: 'wanted',
    range: 'candlefish',
    service: { id: 'svc_1', name: 'web' },
    endpoint: 'http',
    note: null,
    ...fields,
  };
}

export const reservation = sampleLease({
  id: 'lse_2',
  port: 3005,
  reason: 'reserved',
  service: null,
  endpoint: null,
  note: 'the demo on Friday',
});

/** A port that a program of somebody's listens on. */
export function samplePort(fields: Partial<PortRow> = {}): PortRow {
  return {
    port: 5173,
    protocol: 'tcp',
    state: 'listening',
    range: null,
    label: 'node',
    listening: true,
    addresses: ['127.0.0.1'],
    lease: null,
    holder: { ...sampleConflict.holder, project: null, checkout: null },
    ...fields,
  };
}

/** The resolution of a conflict of web's, which can be undone. */
export function sampleOperation(fields: Partial<Operation> = {}): Operation {
  return {
    id: 'op_1',
    type: 'conflict.resolve',
    subject: { type: 'conflict', id: 'cfl_7', name: 'web' },
    actor: { type: 'key', id: 'key_1', name: 'owner' },
    status: 'succeeded',
    dryRun: false,
    progress: 1,
    steps: [
      { name: 'Lease :3001 to web/http', status: 'succeeded', detail: null },
      { name: 'Start npm', status: 'succeeded', detail: 'pid 4711' },
    ],
    conflicts: [],
    error: null,
    startedAt: '2026-11-23T09:58:00.000Z',
    finishedAt: '2026-11-23T09:58:01.000Z',
    undoable: true,
    ...fields,
  };
}

/** A person who gives these answers, one after the other, and what they read. */
export function person(answers: string[]): { terminal: Terminal; read: string[] } {
  const read: string[] = [];
  const say = async (...lines: string[]) => void read.push(...lines);
  const terminal: Terminal = {
    width: null,
    paint: plainPaint,
    interactive: true,
    out: say,
    err: say,
    raw: say,
    clear: () => say(),
    ask: async (question) => {
      read.push(question);
      return answers.shift() ?? '';
    },
  };
  return { terminal, read };
}
