import type { DetectedConflict } from '#shared/contract/conflicts.ts';

/** A conflict with a stranger, of a service. */
export function detected(wanted: { serviceId: string; service: string }): DetectedConflict {
  return {
    kind: 'process',
    severity: 'blocking',
    wanted: { ...wanted, endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port: 3000 },
    holder: {
      type: 'process',
      name: 'node',
      pid: 4242,
      identity: '4242.1.b',
      command: 'node server.js',
      user: 'ada',
      since: '2026-01-02T03:04:05.000Z',
      container: null,
      service: null,
      project: null,
      checkout: null,
      protected: false,
    },
    evidence: [],
    options: [],
  };
}
