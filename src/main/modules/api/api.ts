import { join } from 'node:path';
import { type DisposableStack, startOwned } from '#shared/base/disposal.ts';
import { waitForLock } from '../../database/lock.ts';
import { type Look, prepareLook } from '../../database/look-for-damage.ts';
import type { ModuleContext, ModuleDefinition, RunningModule } from '../../supervisor/module.ts';

/** A module that lost its supervisor ends itself within eight seconds. */
const predecessorMs = 10_000;

async function start(context: ModuleContext, look: Look, owned: DisposableStack): Promise<RunningModule> {
  // An api whose supervisor was killed may still be ending: two must never write, nor drive the engine, at the same time.
  const lock = await waitForLock(join(context.home.runDir, 'api.lock'), predecessorMs);
  owned.use(() => lock.release());
  // A large database takes as long to read as the code of all that is done with it: so that is no import at the top.
  const [damage, { assemble }] = await Promise.all([look(context.home), import('./assemble.ts')]);
  return assemble(context, owned, damage);
}

/** The api: the one writer of core.db, the one driver of the engine, and every public operation. */
export function createApi(look: Look = (home) => prepareLook()(home)): ModuleDefinition {
  return { name: 'api', start: (context) => startOwned((owned) => start(context, look, owned)) };
}
