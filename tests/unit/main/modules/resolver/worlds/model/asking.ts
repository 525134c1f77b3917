import { findConflict } from '#main/database/conflicts.ts';
import { findOperation } from '#main/database/operations.ts';
import { resolveConflict } from '#main/modules/api/conflicts/resolve-conflict.ts';
import { undoOperation } from '#main/modules/api/operations/undo.ts';
import { startService } from '#main/modules/api/services/start-service.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { Refusal } from '#tests/support/worlds/verdict.ts';
import { type Snapshot, snapshotOf } from './scene.ts';
import { caller, type ModelWorld } from './world.ts';

/** One command, with the world as it was before it. */
export interface Done {
  operation: Operation;
  before: Snapshot;
  refusal: Refusal | null;
}

/** The option that somebody takes, if any. */
export type Choose = (conflict: Conflict) => ConflictOption | undefined;

/** More options than a service can have conflicts. */
const most = 12;

/** Starts a service and answers what is in its way with options, until it is not refused any more or no option is taken. */
export async function askFor(world: ModelWorld, name: string, choose: Choose): Promise<Done[]> {
  const { api } = world.system;
  const done = [await run(world, () => startService(api, world.service(name), caller))];
  for (;;) {
    const answer = answerOf(world, done.at(-1)?.refusal ?? null, choose);
    if (answer === null) return done;
    if (done.length > most) throw new Error(`${name} is refused again and again`);
    const service = world.service(name);
    done.push(await run(world, () => resolveConflict(api, { ...answer, service }, caller)));
  }
}

function answerOf({ system }: ModelWorld, refusal: Refusal | null, choose: Choose) {
  for (const { id } of refusal?.conflicts ?? []) {
    const conflict = findConflict(system.api.db.read, id);
    const option = conflict === null ? undefined : choose(conflict);
    if (conflict !== null && option !== undefined) return { conflict, optionId: option.id };
  }
  return null;
}

async function run(world: ModelWorld, call: () => Promise<Operation>): Promise<Done> {
  const before = snapshotOf(world);
  try {
    return { operation: await call(), before, refusal: null };
  } catch (error) {
    if (!isClosError(error, 'PORT_CONFLICT', 'RANGE_EXHAUSTED', 'ENV_UNRESOLVED')) throw error;
    const operation = findOperation(world.system.api.db.read, String(error.extra.operationId));
    if (operation === null) throw error;
    const conflicts = (error.extra.conflicts ?? []) as Conflict[];
    return { operation, before, refusal: { code: error.code, conflicts } };
  }
}

/** Undoes a command. False when it is one that an undo cannot put back, which is so of a mere start. */
export async function takeBack({ system: { api } }: ModelWorld, { operation }: Done): Promise<boolean> {
  const recorded = findOperation(api.db.read, operation.id);
  if (recorded === null) throw new Error(`Nothing was recorded of ${operation.id}`);
  if (recorded.undoable) await undoOperation(api, recorded, caller);
  return recorded.undoable || recorded.status === 'failed';
}
