import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ClosError } from '#shared/contract/clos-error.ts';

const identitySchema = z.object({ pid: z.number().int(), startTicks: z.number(), bootId: z.string() });

const runSchema = z.object({
  runId: z.string(),
  /** Null for an adopted process. */
  wrapper: identitySchema.nullable(),
  pid: z.number().int(),
  /** Null until it was looked at: the wrapper that writes this record knows only the pid. */
  process: identitySchema.nullable(),
  adopted: z.boolean(),
  startedAt: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
});
/** `run.json`: the latest run. The environment is not in it, because it may hold secrets. */
export type RunRecord = z.infer<typeof runSchema>;

const exitSchema = z.object({
  runId: z.string(),
  code: z.number().int().nullable(),
  signal: z.string().nullable(),
  at: z.string(),
  stopped: z.boolean(),
});
/** `exit.json`: how the run with this id ended, written by its wrapper. */
export type ExitRecord = z.infer<typeof exitSchema>;

const stoppingSchema = z.object({ runId: z.string(), graceMs: z.number() });
/** `stopping.json`: written before the first signal, so that a stop is known as one even when we are killed after it. */
export type StoppingRecord = z.infer<typeof stoppingSchema>;

const startingSchema = z.object({ runId: z.string(), wrapper: identitySchema });
/** `starting.json`: a wrapper that has been told what to run, and has not said how that went. */
export type StartingRecord = z.infer<typeof startingSchema>;

/** What is kept of one service, in a folder of its own. */
export interface RunFiles {
  folder: string;
  run: string;
  exit: string;
  stopping: string;
  starting: string;
  /** A folder of their own, so that who watches for ends is not woken by output. */
  logFolder: string;
  log: string;
  olderLog: string;
}

/** Throws INVALID_INPUT for an id that is no plain name: it becomes a path. */
export function filesOf(dir: string, serviceId: string): RunFiles {
  if (!/^[A-Za-z0-9][\w-]{0,127}$/.test(serviceId)) {
    throw new ClosError('INVALID_INPUT', `${JSON.stringify(serviceId)} is not the id of a service.`);
  }
  const folder = join(dir, serviceId);
  const logFolder = join(folder, 'logs');
  return {
    folder,
    run: join(folder, 'run.json'),
    exit: join(folder, 'exit.json'),
    stopping: join(folder, 'stopping.json'),
    starting: join(folder, 'starting.json'),
    logFolder,
    log: join(logFolder, 'output.log'),
    olderLog: join(logFolder, 'output.1.log'),
  };
}

export const readRun = (files: RunFiles): Promise<RunRecord | null> => read(files.run, runSchema);
export const readExit = (files: RunFiles): Promise<ExitRecord | null> => read(files.exit, exitSchema);
export const readStopping = (files: RunFiles): Promise<StoppingRecord | null> => read(files.stopping, stoppingSchema);
export const readStarting = (files: RunFiles): Promise<StartingRecord | null> => read(files.starting, startingSchema);

/** Writes a record whole or not at all, mode 0600. */
export async function writeRecord(path: string, record: object): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Null when the file is missing or holds something else than its record. */
async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}
