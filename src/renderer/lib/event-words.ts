import { z } from 'zod';
import { type ClosEvent, type EventData, type EventType, eventTypes, isEventType } from '#shared/contract/events.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { conflictWords } from './conflict-words.ts';
import { listWords } from './format.ts';
import type { GlyphStatus } from './glyph.ts';
import { operationNouns } from './operation-words.ts';

const engineWords = {
  available: 'The container engine answers',
  unavailable: 'The container engine is away',
  none: 'There is no container engine',
} as const;

/** An event for people: what happened, the word for why, and the shape that stands for it. */
export interface EventWords {
  text: string;
  reason: string | null;
  glyph: GlyphStatus | null;
}

/** "Start of web"; the undoing of an operation, which has no name, is only "Undoing". */
function operationName({ type, subject }: Operation): string {
  const of = subject.name ?? (subject.type === 'operation' ? null : subject.id);
  return of === null ? operationNouns[type] : `${operationNouns[type]} of ${of}`;
}

function noted(note: string): string | null {
  return note === '' ? null : note;
}

function because(code: number | null, reason: string | null): string | null {
  return reason ?? (code === null ? null : `exit ${code}`);
}

type Describe = { [T in EventType]: (data: EventData<T>, name: string) => EventWords };

const plain = (text: string): EventWords => ({ text, reason: null, glyph: null });

/** One changed value: `hostPort 3000 → 3001`, or only which one where the values are not told. */
function changeWords({ field, from, to }: EventData<'service.updated'>['changed'][number]): string {
  if (from === null && to === null) return field;
  return `${field} ${from ?? 'none'} → ${to ?? 'none'}`;
}

const describe: Describe = {
  'service.created': (_data, name) => plain(`${name} was registered`),
  'service.updated': (data, name) =>
    plain(`${name} was changed: ${listWords(data.changed.map(changeWords)) || 'nothing'}`),
  'service.deleted': (_data, name) => plain(`${name} was removed`),
  'service.status-changed': (data, name) => ({
    text: `${name} is ${data.to === 'created' ? 'not started' : data.to}`,
    reason: because(data.exitCode, data.reason),
    glyph: data.to,
  }),
  'service.health-changed': (data, name) => ({
    text:
      data.to === 'none'
        ? `${name} is no longer checked`
        : `${name} is ${data.to === 'starting' ? 'being checked' : data.to}`,
    reason: data.reason,
    glyph: data.to === 'unhealthy' ? 'unhealthy' : data.to === 'healthy' ? 'running' : null,
  }),
  'service.changed': (data, name) =>
    plain(
      `${data.changed.join() === 'observed' ? `What runs of ${name}` : `${name}: ${listWords(data.changed)}`} changed`,
    ),
  'service.adopted': (data, name) => ({
    text: `${name} was adopted as it ran`,
    reason: data.pid === null ? null : `pid ${data.pid}`,
    glyph: 'running',
  }),
  'service.waiting-changed': (data, name) => ({
    ...plain(data.waits ? `${name} waits and starts by itself` : `${name} no longer waits`),
    reason: noted(data.reason),
  }),
  'route.created': (data) => plain(`${data.name}.localhost leads to ${listWords(data.targets)}`),
  'route.updated': (data) => plain(`${data.name}.localhost was changed: ${listWords(data.changed)}`),
  'route.deleted': (data) => plain(`${data.name}.localhost no longer leads to ${listWords(data.targets)}`),
  'lease.granted': (data, name) => ({ ...plain(`:${data.port} was leased to ${name}`), reason: data.reason }),
  'lease.moved': (data, name) => ({
    ...plain(`${name} moved from :${data.previousPort} to :${data.port}`),
    reason: data.reason,
  }),
  'lease.released': (data, name) => ({ ...plain(`:${data.port} was given back by ${name}`), reason: data.reason }),
  'port.reserved': (data) => ({ ...plain(`:${data.port} was reserved`), reason: noted(data.note) }),
  'port.released': (data) => ({ ...plain(`:${data.port} is no longer reserved`), reason: noted(data.note) }),
  'ranges.changed': ({ ranges }) =>
    plain(`The ranges were changed: ${listWords(ranges.map(({ name, first, last }) => `${name} ${first}–${last}`))}`),
  'settings.changed': (data) => plain(`The settings of ${data.name} were changed`),
  'conflict.detected': ({ conflict }) => ({ text: conflictWords(conflict), reason: null, glyph: 'conflict' }),
  'conflict.changed': ({ conflict }) => ({
    text: conflictWords(conflict),
    reason: 'what is known of it changed',
    glyph: 'conflict',
  }),
  'conflict.resolved': (data, name) => plain(`The conflict ${name} was resolved: ${data.option}`),
  'conflict.cleared': (data, name) => ({ ...plain(`The conflict ${name} is gone`), reason: data.reason }),
  'operation.started': ({ operation }) => plain(`${operationName(operation)} began`),
  'operation.finished': ({ operation }) => ({
    text: `${operationName(operation)} ${operation.status}`,
    reason: operation.error?.detail ?? null,
    glyph: operation.status === 'failed' ? 'failed' : null,
  }),
  'engine.state-changed': (data) => ({
    text: engineWords[data.state],
    reason: data.reason,
    glyph: data.state === 'available' ? 'running' : 'unknown',
  }),
  'module.state-changed': (data) => ({
    text: `The module ${data.module} is ${data.state}`,
    reason: data.reason,
    glyph: data.state === 'degraded' ? 'failed' : null,
  }),
  'backup.made': ({ backup }) => plain(`The backup ${backup.name} was made`),
  'backup.failed': (data) => ({ text: 'A backup could not be made', reason: data.reason, glyph: 'failed' }),
  'storage.restored': (data) => ({
    text: `The database was restored from ${data.backup}`,
    reason: data.reason,
    glyph: 'failed',
  }),
  'history.trimmed': (data) => plain(`The history begins at event ${data.keptFrom} now; what was older is gone`),
  'webhook.created': (_data, name) => plain(`The webhook ${name} was added`),
  'webhook.updated': (data, name) => plain(`The webhook ${name} was changed: ${listWords(data.changed)}`),
  'webhook.deleted': (_data, name) => plain(`The webhook ${name} was removed`),
  'webhook.delivery-failed': (data, name) => ({
    text: `Event ${data.seq} could not be delivered to ${name}`,
    reason: data.reason,
    glyph: 'failed',
  }),
  'webhook.disabled': (data, name) => ({
    text: `The webhook ${name} was disabled`,
    reason: data.reason,
    glyph: 'failed',
  }),
};

function wordsOf<T extends EventType>(type: T, data: unknown, name: string): EventWords | null {
  const parsed = z.safeParse(eventTypes[type].data, data);
  // The table above pairs each type with the data that was parsed by it.
  return parsed.success ? describe[type](parsed.data as EventData<T>, name) : null;
}

/** An event of a type or a version that this dashboard does not know is shown by its name. */
export function eventWords(event: ClosEvent): EventWords {
  const name = event.subject.name ?? event.subject.id;
  const known = isEventType(event.type) ? wordsOf(event.type, event.data, name) : null;
  return known ?? plain(`${event.type} ${name}`);
}

/** Work in progress is told again by what comes of it; the short history leaves it out. */
export function isHeadline(event: ClosEvent): boolean {
  const { glyph } = eventWords(event);
  if (event.type.startsWith('operation.')) return glyph === 'failed';
  if (event.type === 'conflict.changed' || event.type === 'service.changed') return false;
  return glyph !== 'starting' && glyph !== 'stopping';
}
