import type { Conflict } from '#shared/contract/conflicts.ts';
import type { ClosEvent } from '#shared/contract/events.ts';

const time = '2026-03-01T09:12:00.000Z';

/** A conflict of web with a vite that runs, as the api reports it. */
export function conflict(id: string, fields: Partial<Conflict> = {}): Conflict {
  return {
    id,
    kind: 'process',
    severity: 'blocking',
    wanted: {
      service: 'web',
      serviceId: 'svc_web',
      endpoint: 'http',
      protocol: 'tcp',
      address: '127.0.0.1',
      port: 3000,
    },
    holder: {
      type: 'process',
      name: 'vite',
      pid: 4242,
      identity: '4242.1.boot',
      command: 'vite --port 3000',
      user: 'ada',
      since: time,
      container: null,
      service: null,
      project: 'blog',
      checkout: null,
      protected: false,
    },
    evidence: [],
    options: [
      {
        id: 'reassign',
        strategy: 'reassign',
        title: 'Run web on 3001',
        steps: [],
        affects: [],
        risk: 'none',
        reversible: true,
        recommended: true,
        command: `clos resolve ${id} --option reassign`,
        port: 3001,
        address: null,
      },
    ],
    state: 'open',
    detectedAt: time,
    closedAt: null,
    ...fields,
  };
}

let seq = 0;

/** An event about a service or a conflict, done by CLOS unless `actor` says otherwise. */
export function event(
  type: string,
  subject: string,
  { actor = 'policy', ...data }: Record<string, unknown> & { actor?: 'policy' | 'outside' },
): ClosEvent {
  seq += 1;
  const kind = type.startsWith('conflict') ? 'conflict' : 'service';
  return {
    seq,
    type,
    version: 1,
    subject: {
      type: kind,
      id: `${kind === 'service' ? 'svc' : 'cfl'}_${subject}`,
      name: kind === 'service' ? subject : null,
    },
    actor: { type: actor, id: actor, name: actor },
    cause: null,
    trace: null,
    time,
    data,
  };
}

export function statusChanged(
  name: string,
  [from, to]: [string, string],
  fields: { reason?: string; exitCode?: number; actor?: 'outside' } = {},
): ClosEvent {
  const { reason = null, exitCode = null, actor = 'policy' } = fields;
  return event('service.status-changed', name, { from, to, reason, exitCode, actor });
}

export function conflictDetected(id: string, fields: Partial<Conflict> = {}): ClosEvent {
  return event('conflict.detected', id, { conflict: conflict(`cfl_${id}`, fields) });
}
