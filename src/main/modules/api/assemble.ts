import { basename, join } from 'node:path';
import type { DisposableStack } from '#shared/base/disposal.ts';
import { continueIdsAfter } from '#shared/base/ids.ts';
import type { ModuleState, Readiness } from '#shared/contract/system.ts';
import { openCache } from '../../cache/cache.ts';
import { type CoreDb, openCoreDb } from '../../database/core-db.ts';
import type { Damage } from '../../database/damage.ts';
import { lastSeq } from '../../database/events.ts';
import { ensureMainInstance } from '../../database/instances.ts';
import { readMigrations } from '../../database/migrate.ts';
import { newestIds } from '../../database/operations.ts';
import { createReaderPool } from '../../database/reader-pool.ts';
import { type Rescue, rescueCore } from '../../database/rescue.ts';
import { recordRestored } from '../../database/restored.ts';
import { homeLabel } from '../../home-label.ts';
import { createHost } from '../../host/host.ts';
import { KeptAnswers } from '../../http/kept-answers.ts';
import { createModuleServer } from '../../http/module-server.ts';
import { findOwnFile } from '../../own-file.ts';
import type { ModuleContext, RunningModule } from '../../supervisor/module.ts';
import { thisModule } from './access/actors.ts';
import { createAuditLog } from './access/audit-log.ts';
import { createCredentials, ensureOwnerKey } from './access/credentials.ts';
import { serveDesktop } from './access/desktop-channel.ts';
import type { ApiContext } from './api-context.ts';
import { auditHandlers } from './handlers/audit.ts';
import { backupHandlers } from './handlers/backups.ts';
import { conflictHandlers } from './handlers/conflicts.ts';
import { connectionHandlers } from './handlers/connections.ts';
import { historyHandlers } from './handlers/history.ts';
import { internalHandlers } from './handlers/internal.ts';
import { portHandlers } from './handlers/ports.ts';
import { routeHandlers } from './handlers/routes.ts';
import { serviceHandlers } from './handlers/services.ts';
import { settingsHandlers } from './handlers/settings.ts';
import { authHandlers, systemHandlers } from './handlers/system.ts';
import { webhookHandlers } from './handlers/webhooks.ts';
import { createCommands } from './operations/commands.ts';
import { createIdempotencyStore } from './operations/idempotency-store.ts';
import { settleAfterCrash } from './operations/settle.ts';
import { createAllocation } from './ports/allocation.ts';
import type { LongReads } from './reads/long-reads.ts';
import { createEngineSeat } from './runtimes/container-seat.ts';
import { createProcessSeat } from './runtimes/process-seat.ts';
import { createObserver, type Observer } from './services/observer.ts';
import { createRestartPolicy } from './services/restart-policy.ts';
import { createWaitingStarts } from './services/waiting-starts.ts';
import { createBackups } from './upkeep/backups.ts';
import { clearLeftovers } from './upkeep/leftovers.ts';
import { createSweeper } from './upkeep/sweeper.ts';

function rescueDatabase(context: ModuleContext, damage: Damage | null): Rescue | null {
  if (damage === null) return null;
  const rescue = rescueCore(context.home, { damage, newestVersion: readMigrations(migrationsOf(context)).length });
  context.log.error(rescue, 'core.db was damaged; it is in quarantine, and its newest sound copy was restored');
  return rescue;
}

const migrationsOf = (context: ModuleContext) => join(context.packageRoot, 'migrations');

function openDatabase(context: ModuleContext, kept: KeptAnswers): CoreDb {
  let rung = 0;
  const db: CoreDb = openCoreDb({
    path: context.home.coreDb,
    migrationsDir: migrationsOf(context),
    backupsDir: context.home.backupsDir,
    onCommitted: (stale) => {
      kept.forget(stale);
      const seq = lastSeq(db.read);
      // A container of somebody else's is in no event, and the watch of the ports waits for its news.
      if (seq === rung && stale.size === 0) return;
      rung = seq;
      context.bus.ring(seq);
    },
  });
  return db;
}

/**
 * Rescues the database from the damage that was found in it, then opens everything in order; what was opened is in `owned`, so
 * that a failed start leaves nothing behind.
 */
export async function assemble(
  context: ModuleContext,
  owned: DisposableStack,
  damage: Damage | null,
): Promise<RunningModule> {
  const rescue = rescueDatabase(context, damage);
  const kept = new KeptAnswers();
  const db = openDatabase(context, kept);
  owned.use(() => db.close());
  if (rescue !== null) {
    const { source, reason, setAside } = rescue;
    await db.commit((write) => recordRestored(write, { backup: basename(source), reason, setAside }, thisModule));
  }
  for (const id of newestIds(db.read)) continueIdsAfter(id);
  const instanceId = await db.commit(ensureMainInstance);
  await ensureOwnerKey(db, context.home);

  const commands = createCommands(db);
  const label = homeLabel(context.identityKey);
  const policy = createRestartPolicy(() => api, context.log);
  const observer: Observer = createObserver({ db, commands, homeLabel: label, onEnd: policy.ended });
  const processes = createProcessSeat({
    db,
    commands,
    host: createHost(),
    log: context.log,
    runDir: context.home.runDir,
    onEnd: policy.ended,
  });
  const seat = createEngineSeat({
    log: context.log,
    protectedPaths: [context.home.root],
    onSnapshot: async (containers, ends) => observer.snapshot(await clearLeftovers(api, containers), ends),
    onChange: observer.change,
    onState: observer.engineState,
  });
  const waiting = createWaitingStarts(() => api, context.log);
  const backups = createBackups(context, db);
  owned.use(() => backups.stop());
  const sweeper = createSweeper(context, db);
  owned.use(() => sweeper.stop());
  const { engine } = seat;
  const readers = createReaderPool<LongReads>({
    worker: findOwnFile('modules/api/reads/long-reads.worker.ts'),
    path: context.home.coreDb,
  });
  owned.use(() => readers.close());
  const api: ApiContext = {
    module: context,
    db,
    readers,
    commands,
    allocation: createAllocation(),
    seat,
    engine,
    processes,
    waiting,
    homeLabel: label,
    instanceId,
  };
  owned.use(() => seat.stop());
  owned.use(() => processes.close());
  // The first looks wait for others; meanwhile the server is put together.
  const looked = Promise.all([seat.start(), processes.open()]);
  const cache = openCache({ redisUrl: context.config.redisUrl, log: context.log, prefix: `clos:${label}:` });
  owned.use(() => cache.close());
  const credentials = createCredentials({ db, cache, identityKey: context.identityKey });
  let states: ModuleState[] = [];
  const modules = {
    get: () => states,
    set: (next: ModuleState[]) => {
      states = next;
    },
  };
  const server = createModuleServer(context, {
    portName: 'api',
    handlers: [
      ...serviceHandlers(api),
      ...portHandlers(api),
      ...conflictHandlers(api),
      ...historyHandlers(api),
      ...auditHandlers(api),
      ...connectionHandlers(api),
      ...webhookHandlers(api),
      ...routeHandlers(api),
      ...settingsHandlers(api),
      ...backupHandlers(backups),
      ...systemHandlers(api, { modules: modules.get, newestBackup: backups.newest }),
      ...authHandlers(api, credentials),
      ...internalHandlers(api, credentials, modules),
    ],
    verify: credentials.verify,
    idempotency: createIdempotencyStore(db),
    audit: createAuditLog(db, context.log),
    kept,
    checks: async (): Promise<Readiness['checks']> => {
      const engine = seat.status();
      return [
        { name: 'core.db', ok: lastSeq(db.read) >= 0, detail: null },
        // Nobody needs the cache to be anywhere in particular.
        { name: 'cache', ok: true, detail: cache.state },
        // Without an engine everything but containers works, so the api is ready.
        {
          name: 'engine',
          ok: true,
          detail: engine.state === 'available' ? engine.found : (engine.reason ?? engine.found),
        },
      ];
    },
  });
  owned.use(() => commands.idle());
  owned.use(() => policy.stop());
  owned.use(() => waiting.stop());
  owned.use(() => server.close());
  await looked;
  await settleAfterCrash(api);
  const ports = await server.listen();
  policy.resume();
  backups.start();
  sweeper.start();
  return {
    ports,
    databaseReplaced: rescue !== null,
    stop: () => owned.dispose(),
    attachPort: (port) => serveDesktop(server, port),
  };
}
