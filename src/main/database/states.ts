import type { Subject } from '#shared/contract/operations.ts';
import { findConflict } from './conflicts.ts';
import type { Changes } from './events.ts';
import type { ReadDb } from './handle.ts';
import { findService } from './services.ts';

/** All that a subject is at one moment, by field. */
export type State = Readonly<Record<string, unknown>>;

/** What kinds of subjects have a state that the history keeps. */
export const kept = ['service', 'conflict'] as const satisfies ReadonlyArray<Subject['type']>;
export type Kept = (typeof kept)[number];

/** Counts up when the fields of a state change their shape; the older ones are lifted when they are read. */
export const stateVersions: Record<Kept, number> = { service: 2, conflict: 1 };

export function isKept(type: Subject['type']): type is Kept {
  return (kept as readonly string[]).includes(type);
}

/** A subject as the tables have it now; null when it is not there. */
export const readState: Record<Kept, (db: ReadDb, id: string) => State | null> = {
  service(db, id) {
    const service = findService(db, id);
    if (service === null) return null;
    // What was observed changes by itself and often, so it is a field of its own; when it was looked at is no change.
    const { runtime, needsRestart: _depends, ...rest } = service;
    const { observed, ...asked } = runtime;
    return { ...rest, runtime: asked, observed: observed === null ? null : { ...observed, observedAt: null } };
  },
  conflict(db, id) {
    return findConflict(db, id);
  },
};

/** The fields that are others in `after`; a field that is there no more is null. Undefined when nothing is. */
export function changesBetween(before: State | null, after: State | null): Changes {
  if (after === null) return before === null ? undefined : null;
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
  const changed = [...fields].filter((field) => !isSame(before?.[field], after[field]));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((field) => [field, after[field] ?? null]));
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

export function applyChanges(state: State | null, changes: Changes): State | null {
  if (changes === undefined) return state;
  return changes === null ? null : { ...state, ...changes };
}
