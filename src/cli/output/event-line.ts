import { type ClosEvent, type EventData, eventTypes, isEventType } from '#shared/contract/events.ts';
import type { Paint } from './style.ts';
import { clockSeconds } from './time.ts';

type Tellers = { [T in keyof typeof eventTypes]: (data: EventData<T>) => string };

const udp = (protocol: string) => (protocol === 'udp' ? '/udp' : '');
const because = (reason: string | null) => (reason === null ? '' : `: ${reason}`);

/** `hostPort 3000 → 3001`, or only which one where the values are not told. */
function changeText({ field, from, to }: EventData<'service.updated'>['changed'][number]): string {
  return from === null && to === null ? field : `${field} ${from ?? 'none'} → ${to ?? 'none'}`;
}

/** What happened, without who it happened to. A type that is missing here does not compile. */
const tell: Tellers = {
  'service.created': () => 'was created',
  'service.updated': ({ changed }) => `was changed: ${changed.map(changeText).join(', ')}`,
  'service.deleted': () => 'was removed',
  'service.status-changed': ({ from, to, reason }) => `${from} → ${to}${because(reason)}`,
  'service.health-changed': ({ from, to, reason }) => `health ${from} → ${to}${because(reason)}`,
  'service.changed': ({ changed }) =>
    changed.join() === 'observed' ? 'what runs of it changed' : `changed: ${changed.join(', ')}`,
  'service.adopted': ({ pid, containerId }) =>
    `was taken over as it ran${pid === null ? '' : `, pid ${pid}`}${containerId === null ? '' : `, container ${containerId.slice(0, 12)}`}`,
  'service.waiting-changed': ({ waits, reason }) => `${waits ? 'waits' : 'waits no longer'}: ${reason}`,
  'route.created': ({ path, targets }) => `${path} leads to ${targets.join(', ')}`,
  'route.updated': ({ path, changed }) => `${path} was changed: ${changed.join(', ')}`,
  'route.deleted': ({ path, targets }) => `${path} no longer leads to ${targets.join(', ')}`,
  'lease.granted': ({ endpoint, port, reason }) => `${endpoint} got :${port} (${reason})`,
  'lease.moved': ({ endpoint, port, previousPort, reason }) =>
    `${endpoint} moved :${previousPort} → :${port} (${reason})`,
  'lease.released': ({ endpoint, port }) => `${endpoint} gave up :${port}`,
  'port.reserved': ({ port, protocol, note }) => `:${port}${udp(protocol)} was reserved${because(note || null)}`,
  'port.released': ({ port, protocol }) => `:${port}${udp(protocol)} is no longer reserved`,
  'ranges.changed': ({ ranges }) =>
    `ranges are now ${ranges.map(({ name, first, last }) => `${name} ${first}-${last}`).join(', ')}`,
  'settings.changed': ({ name }) => `settings of ${name} were changed`,
  'conflict.detected': ({ conflict }) => `wants :${conflict.wanted.port}, held by ${conflict.holder.name}`,
  'conflict.changed': ({ conflict }) => `:${conflict.wanted.port} is now held by ${conflict.holder.name}`,
  'conflict.resolved': ({ option }) => `resolved by ${option}`,
  'conflict.cleared': ({ reason }) => `cleared: ${reason}`,
  'operation.started': ({ operation }) => `${operation.type} began`,
  'operation.finished': ({ operation }) =>
    `${operation.type} ${operation.status}${because(operation.error?.detail ?? null)}`,
  'engine.state-changed': ({ state, reason }) => `is ${state}${because(reason)}`,
  'module.state-changed': ({ state, reason }) => `is ${state}${because(reason)}`,
  'backup.made': ({ backup }) => `${backup.name} was made`,
  'backup.failed': ({ reason }) => `could not be made${because(reason)}`,
  'storage.restored': ({ backup, reason }) => `was restored from ${backup}${because(reason)}`,
  'history.trimmed': ({ keptFrom, events, operations, conflicts, requests }) =>
    `${events} events, ${operations} operations, ${conflicts} conflicts and ${requests} requests were too old to keep; it begins at ${keptFrom}`,
  'webhook.created': () => 'was added as a webhook',
  'webhook.updated': ({ changed }) => `was changed: ${changed.join(', ')}`,
  'webhook.deleted': () => 'was removed as a webhook',
  'webhook.delivery-failed': ({ seq, attempts, reason }) =>
    `did not get event ${seq} in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${reason}`,
  'webhook.disabled': ({ reason }) => `was disabled: ${reason}`,
};

function describe<T extends keyof typeof eventTypes>(type: T, data: ClosEvent['data']): string | null {
  // The table pairs each teller with its own schema; the compiler cannot follow the pair through an index.
  const { data: schema } = eventTypes[type] as {
    data: { safeParse(value: unknown): { success: boolean; data?: unknown } };
  };
  const parsed = schema.safeParse(data);
  return parsed.success ? tell[type](parsed.data as EventData<T>) : null;
}

/** An event as one line: number, time, type, subject, what happened. Unknown types and shapes show their data. */
export function eventLine(event: ClosEvent, paint: Paint): string {
  const subject = event.subject.name ?? event.subject.id;
  const known = isEventType(event.type) ? describe(event.type, event.data) : null;
  const text = known ?? JSON.stringify(event.data);
  const by =
    event.actor.type === 'module' || event.actor.type === 'outside' ? '' : paint('dim', `  by ${event.actor.name}`);
  return [
    paint('dim', String(event.seq).padStart(6)),
    paint('dim', clockSeconds(event.time)),
    event.type.padEnd(22),
    `${paint('bold', subject)} ${text}${by}`,
  ].join('  ');
}
