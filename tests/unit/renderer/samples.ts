import type { Conflict, ConflictKind, Holder } from '#shared/contract/conflicts.ts';
import type { PortRow } from '#shared/contract/ports.ts';

export const time = '2026-01-02T03:04:05.000Z';

export function holder(part: Partial<Holder> = {}): Holder {
  return {
    type: 'process',
    name: 'node',
    pid: 4242,
    identity: null,
    command: '/usr/bin/node server.js',
    user: 'ada',
    since: time,
    container: null,
    service: null,
    project: 'blog',
    checkout: { root: '/home/ada/src/blog', branch: 'main' },
    protected: false,
    ...part,
  };
}

export function portRow(port: number, part: Partial<PortRow> = {}): PortRow {
  return {
    port,
    protocol: 'tcp',
    state: 'listening',
    range: null,
    label: 'node',
    listening: true,
    addresses: ['127.0.0.1'],
    lease: null,
    holder: holder(),
    ...part,
  };
}

export function leasedRow(port: number, service: string, listening = true): PortRow {
  return portRow(port, {
    state: 'leased',
    label: service,
    listening,
    addresses: listening ? ['127.0.0.1'] : [],
    holder: null,
    lease: {
      id: `lse_${port}`,
      port,
      protocol: 'tcp',
      address: '127.0.0.1',
      since: time,
      reason: 'wanted',
      range: null,
      service: { id: `svc_${service}`, name: service },
      endpoint: 'http',
      note: null,
    },
  });
}

export function conflict(kind: ConflictKind, part: Partial<Conflict> = {}): Conflict {
  return {
    id: 'cfl_1',
    kind,
    severity: 'blocking',
    wanted: {
      service: 'web',
      serviceId: 'svc_web',
      endpoint: 'http',
      protocol: 'tcp',
      address: '127.0.0.1',
      port: 3000,
    },
    holder: holder(),
    evidence: [],
    options: [],
    state: 'open',
    detectedAt: time,
    closedAt: null,
    ...part,
  };
}
