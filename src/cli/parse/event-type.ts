import { type EventType, eventTypes, isEventType } from '#shared/contract/events.ts';
import { UsageError } from '../failure.ts';
import { nearestName } from '../nearest.ts';

/** A type of events that there is. Throws `UsageError` with the one that was probably meant. */
export function parseEventType(type: string): EventType {
  if (isEventType(type)) return type;
  const meant = nearestName(type, Object.keys(eventTypes));
  throw new UsageError(
    `There are no events of the type "${type}".`,
    meant === null ? 'See some: clos events' : `Did you mean ${meant}?`,
  );
}
