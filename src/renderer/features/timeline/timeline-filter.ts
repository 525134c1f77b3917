import { type ClosEvent, type EventType, eventTypes, isEventType, type Topic } from '#shared/contract/events.ts';
import { eventWords, isHeadline } from '../../lib/event-words.ts';

/** What the timeline is about, in the words of people, with the topics of the log. */
export const kinds = {
  all: { label: 'Everything', topics: null },
  services: { label: 'Services', topics: ['service'] },
  conflicts: { label: 'Conflicts', topics: ['conflict'] },
  ports: { label: 'Ports', topics: ['lease'] },
  routes: { label: 'Routes', topics: ['route'] },
  commands: { label: 'Commands', topics: ['operation'] },
  system: { label: 'CLOS itself', topics: ['engine', 'module', 'system'] },
} as const satisfies Record<string, { label: string; topics: readonly Topic[] | null }>;
export type Kind = keyof typeof kinds;

/** Who did it: somebody by key, window or page; CLOS by a rule; or nobody that CLOS knows. */
export const doers = {
  anyone: { label: 'Anyone', types: null },
  people: { label: 'People', types: ['key', 'session', 'desktop'] },
  rules: { label: 'Policies', types: ['policy'] },
  outside: { label: 'From outside', types: ['outside'] },
} as const satisfies Record<string, { label: string; types: ReadonlyArray<ClosEvent['actor']['type']> | null }>;
export type Doer = keyof typeof doers;

export interface TimelineFilter {
  kind: Kind;
  doer: Doer;
  /** Steps on the way, such as "starting", too. */
  details: boolean;
  text: string;
}

/** The types of a kind, as the log is asked for them; null for all. */
export function typesOf(kind: Kind): string | null {
  const topics: readonly Topic[] | null = kinds[kind].topics;
  if (topics === null) return null;
  const types = Object.keys(eventTypes) as EventType[];
  return types.filter((type) => topics.includes(eventTypes[type].topic)).join(',');
}

/** Whether the timeline shows an event that the log gave. */
export function isShown(event: ClosEvent, { kind, doer, details, text }: TimelineFilter): boolean {
  const topics: readonly Topic[] | null = kinds[kind].topics;
  if (topics !== null && !(isEventType(event.type) && topics.includes(eventTypes[event.type].topic))) return false;
  const wanted: ReadonlyArray<ClosEvent['actor']['type']> | null = doers[doer].types;
  if (wanted !== null && !wanted.includes(event.actor.type)) return false;
  // Who asked for commands wants to see them all: a headline is what came of one.
  if (!details && kind !== 'commands' && !isHeadline(event)) return false;
  if (text === '') return true;
  const words = eventWords(event);
  return `${event.type} ${words.text} ${words.reason ?? ''} ${event.actor.name}`.toLowerCase().includes(text);
}
