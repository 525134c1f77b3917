import { type EventType, eventTypes, isEventType } from './events.ts';

type Data = Record<string, unknown>;

/** From a version to the next one. What the older one did not say is null, never invented. */
const lifts: { [T in EventType]?: Record<number, (data: Data) => Data> } = {
  'service.updated': {
    1: ({ revision, changed }) => ({
      revision,
      changed: (changed as string[]).map((field) => ({ field, from: null, to: null })),
    }),
  },
};

/**
 * An event's data in the shape of the present version, from the version in which it was stored. Facts never change, so old ones stay as
 * they are and are lifted each time they are read. A type or a version that this CLOS does not know is left as it is.
 */
export function liftEvent<E extends { type: string; version: number; data: Data }>(event: E): E {
  if (!isEventType(event.type)) return event;
  const { type } = event;
  let { version, data } = event;
  while (version < eventTypes[type].version) {
    const lift = lifts[type]?.[version];
    if (lift === undefined) throw new Error(`Nothing lifts ${type} from version ${version}`);
    data = lift(data);
    version += 1;
  }
  return version === event.version ? event : { ...event, version, data };
}
