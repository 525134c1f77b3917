import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import log from 'electron-log/node';
import type { Home } from '#shared/node/home.ts';

export interface DesktopLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error: unknown): void;
}

/** The log of the desktop itself: `logs/desktop.log` of the home, mode 0600, at most twice 5 MiB. Modules have their own. */
export function createDesktopLog(home: Home): DesktopLog {
  mkdirSync(home.logsDir, { recursive: true, mode: 0o700 });
  const desktop = log.create({ logId: 'desktop' });
  const { file, console } = desktop.transports;
  file.resolvePathFn = () => join(home.logsDir, 'desktop.log');
  file.maxSize = 5 * 1024 * 1024;
  file.writeOptions = { ...file.writeOptions, mode: 0o600 };
  console.level = false;
  return {
    info: (message) => desktop.info(message),
    warn: (message) => desktop.warn(message),
    error: (message, error) => desktop.error(message, error),
  };
}
