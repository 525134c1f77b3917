import type { Conflict } from '#shared/contract/conflicts.ts';
import { type ClosEvent, type EventData, type EventType, eventTypes } from '#shared/contract/events.ts';
import type { Service, ServiceStatus } from '#shared/contract/services.ts';

/** What the tray and the notifications know of the system, built from a snapshot and the events after it. */
export interface DesktopState {
  /** `starting` until the first snapshot, `away` while CLOS does not answer afterwards. */
  connection: 'starting' | 'live' | 'away';
  services: ReadonlyMap<string, { name: string; status: ServiceStatus }>;
  /** The open conflicts. */
  conflicts: ReadonlyMap<string, { service: string | null; port: number }>;
}

export const initialState: DesktopState = { connection: 'starting', services: new Map(), conflicts: new Map() };

/** The state as of a snapshot, which replaces whatever was known before. */
export function stateOfSnapshot(snapshot: {
  services: ReadonlyArray<Pick<Service, 'id' | 'name' | 'status'>>;
  conflicts: ReadonlyArray<Pick<Conflict, 'id' | 'state' | 'wanted'>>;
}): DesktopState {
  const open = snapshot.conflicts.filter((conflict) => conflict.state === 'open');
  return {
    connection: 'live',
    services: new Map(snapshot.services.map(({ id, name, status }) => [id, { name, status }])),
    conflicts: new Map(open.map(({ id, wanted }) => [id, { service: wanted.service, port: wanted.port }])),
  };
}

/** The state when the live connection has come or gone. Before the first snapshot nothing is known to be away. */
export function withConnection(state: DesktopState, live: boolean): DesktopState {
  const connection = live ? 'live' : state.connection === 'starting' ? 'starting' : 'away';
  return connection === state.connection ? state : { ...state, connection };
}

/** The data of an event of this type, or null if it is of another type or has another shape. */
export function eventData<T extends EventType>(event: ClosEvent, type: T): EventData<T> | null {
  if (event.type !== type) return null;
  const parsed = eventTypes[type].data.safeParse(event.data);
  // The schema was chosen by `type`; the compiler sees the union of all.
  return parsed.success ? (parsed.data as EventData<T>) : null;
}

/** The state after an event. Returns the same object where nothing changes, so that a caller can tell. */
export function reduce(state: DesktopState, event: ClosEvent): DesktopState {
  const { id, name } = event.subject;
  switch (event.type) {
    case 'service.created':
      return withService(state, id, { name: name ?? id, status: 'created' });
    case 'service.status-changed': {
      const data = eventData(event, 'service.status-changed');
      if (data === null) return state;
      return withService(state, id, { name: name ?? state.services.get(id)?.name ?? id, status: data.to });
    }
    case 'service.deleted': {
      if (!state.services.has(id)) return state;
      return { ...state, services: new Map([...state.services].filter(([key]) => key !== id)) };
    }
    case 'conflict.detected': {
      const wanted = eventData(event, 'conflict.detected')?.conflict.wanted;
      if (wanted === undefined) return state;
      const conflicts = new Map(state.conflicts).set(id, { service: wanted.service, port: wanted.port });
      return { ...state, conflicts };
    }
    case 'conflict.resolved':
    case 'conflict.cleared': {
      if (!state.conflicts.has(id)) return state;
      return { ...state, conflicts: new Map([...state.conflicts].filter(([key]) => key !== id)) };
    }
    default:
      return state;
  }
}

function withService(state: DesktopState, id: string, service: { name: string; status: ServiceStatus }): DesktopState {
  return { ...state, services: new Map(state.services).set(id, service) };
}
