import type { Config } from '../../../config/config.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { appendEvent } from '../../../database/events.ts';
import { sweep } from '../../../database/retention.ts';
import type { ModuleContext } from '../../../supervisor/module.ts';
import { thisModule } from '../access/actors.ts';

/** Soon after a start, but not while everything else begins too. */
const firstMs = 10_000;

async function run(db: CoreDb, keep: Config['history'], signal: AbortSignal): Promise<void> {
  const trimmed = await sweep(db, keep, signal);
  const { events, operations, conflicts, requests } = trimmed;
  if (events + operations + conflicts + requests === 0) return;
  await db.commit((write) =>
    appendEvent(write, {
      type: 'history.trimmed',
      subject: { type: 'system', id: 'history', name: null },
      actor: thisModule,
      cause: null,
      data: trimmed,
    }),
  );
}

/** Takes away, now and then, what is older than it has to be kept. */
export function createSweeper({ config, log }: ModuleContext, db: CoreDb): { start(): void; stop(): Promise<void> } {
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  function schedule(ms: number): void {
    timer = setTimeout(() => {
      running = run(db, config.history, end.signal)
        .catch((err: unknown) => log.warn({ err }, 'what is too old could not be taken away'))
        .then(() => {
          if (!end.signal.aborted) schedule(config.history.sweepMs);
        });
    }, ms);
    timer.unref();
  }

  return {
    start: () => schedule(Math.min(firstMs, config.history.sweepMs)),
    async stop() {
      end.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
