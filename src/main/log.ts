import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import type { Home } from '#shared/node/home.ts';

/** A log file that has grown past this at a start is set aside; one such file is kept. */
const rotateBytes = 10 * 1024 * 1024;

/** So much is held back while it cannot be written; what comes then is lost. */
const heldBytes = 256 * 1024;

/** What must never stand in a log, wherever it turns up. */
const redact = [
  'req.headers.authorization',
  '*.authorization',
  '*.token',
  '*.apiKey',
  '*.password',
  '*.secret',
  '*.env',
];

/** The log of one part of CLOS: JSON lines in `logs/<name>.log` of the home, mode 0600, at most twice 10 MiB. */
export function createLog({ home, name, level }: { home: Home; name: string; level: string }): Logger {
  mkdirSync(home.logsDir, { recursive: true, mode: 0o700 });
  const file = join(home.logsDir, `${name}.log`);
  if (existsSync(file) && statSync(file).size > rotateBytes) renameSync(file, `${file}.1`);
  const destination = pino.destination({ dest: file, mode: 0o600, sync: true, maxLength: heldBytes });
  // A full disk costs lines of the log, never the process.
  destination.on('error', () => undefined);
  return pino(
    { name, level, redact, timestamp: pino.stdTimeFunctions.isoTime, base: { name, pid: process.pid } },
    destination,
  );
}
