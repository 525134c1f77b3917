import { ClosError } from '#shared/contract/clos-error.ts';
import type { Actor } from '#shared/contract/operations.ts';
import { backUp } from '../../../database/back-up.ts';
import { type Backup, listBackups } from '../../../database/backups.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { appendEvent } from '../../../database/events.ts';
import type { ModuleContext } from '../../../supervisor/module.ts';
import { thisModule } from '../access/actors.ts';

export interface Backups {
  list(): Backup[];
  newest(): Backup | null;
  /** Makes one now; who asks while one is being made gets that one. Rejects with BACKUP_FAILED. */
  make(actor: Actor): Promise<Backup>;
  /** Makes one by itself at each interval from here on. */
  start(): void;
  stop(): void;
}

/** The first backup of a home, and the next try after a failure, do not wait for the whole interval. */
const soonMs = 60_000;

const subject = { type: 'system' as const, id: 'backups', name: null };

export function createBackups(context: ModuleContext, db: CoreDb): Backups {
  const { home, log } = context;
  const { intervalMs, keep } = context.config.backups;
  let newest = listBackups(home.backupsDir)[0] ?? null;
  let running: { made: Promise<Backup>; cancel(): void } | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function run(job: ReturnType<typeof backUp>, actor: Actor): Promise<Backup> {
    const outcome = await job.done;
    running = null;
    if (stopped) throw new ClosError('SHUTTING_DOWN', 'CLOS ended before the backup was made.');
    if ('failure' in outcome) {
      const reason = outcome.failure;
      log.error({ reason }, 'a backup could not be made');
      const tell = db.commit((write) =>
        appendEvent(write, { type: 'backup.failed', subject, actor, cause: null, data: { reason } }),
      );
      // A full disk is the likeliest reason, and then this cannot be stored either.
      await tell.catch(() => undefined);
      throw new ClosError('BACKUP_FAILED', `The backup could not be made: ${reason}.`);
    }
    const { backup } = outcome;
    newest = backup;
    await db.commit((write) =>
      appendEvent(write, { type: 'backup.made', subject, actor, cause: null, data: { backup } }),
    );
    return backup;
  }

  function make(actor: Actor): Promise<Backup> {
    if (stopped) throw new ClosError('SHUTTING_DOWN', 'CLOS is stopping.');
    if (running === null) {
      const job = backUp({ path: home.coreDb, backupsDir: home.backupsDir, keep });
      running = { made: run(job, actor), cancel: job.cancel };
    }
    return running.made;
  }

  function schedule(ms: number): void {
    timer = setTimeout(() => {
      make(thisModule).then(
        () => schedule(intervalMs),
        () => stopped || schedule(Math.min(soonMs, intervalMs)),
      );
    }, ms);
    timer.unref();
  }

  return {
    list: () => listBackups(home.backupsDir),
    newest: () => newest,
    make,
    start() {
      const age = newest === null ? intervalMs : Date.now() - Date.parse(newest.madeAt);
      // A backup from the future says that the clock was wrong then, or is now.
      const left = age < 0 ? 0 : intervalMs - age;
      schedule(Math.max(left, Math.min(soonMs, intervalMs)));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      running?.cancel();
    },
  };
}
