import type { Principal } from '#shared/contract/access.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Actor, Subject } from '#shared/contract/operations.ts';

/** Who did something and what brought it about; every event carries both. */
export interface Provenance {
  actor: Actor;
  cause: ClosEvent['cause'];
}

/** Seen, not done: somebody used the engine's own tools, or a program ended by itself. */
export const outside: Actor = { type: 'outside', id: 'outside', name: 'outside CLOS' };

export const thisModule: Actor = { type: 'module', id: 'api', name: 'api' };

export function actorOf(principal: Principal | null): Actor {
  if (principal === null) throw new Error('An operation that acts must not be open to anyone');
  return { type: principal.type, id: principal.id, name: principal.name };
}

export function serviceSubject({ id, name }: { id: string; name: string }): Subject {
  return { type: 'service', id, name };
}
