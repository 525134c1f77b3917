import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Access } from '#shared/contract/routes.ts';

/** So many of the newest requests can be asked for. */
const kept = 1000;
/** A file that has grown past this is set aside; one such file is kept. */
const rotateBytes = 10 * 1024 * 1024;
/** Lines are written together, at the latest after this time. */
const flushMs = 1000;
const bufferBytes = 8 * 1024;

/** Every request through the gateway: the newest in memory, all as JSON lines in `logs/access.log`, at most twice 10 MiB. */
export class AccessLog {
  readonly #file: string;
  readonly #out: ReturnType<typeof pino.destination>;
  readonly #flush: NodeJS.Timeout;
  readonly #ring: Access[] = [];
  #next = 0;
  #bytes: number;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, 'access.log');
    this.#bytes = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    this.#out = pino.destination({
      dest: this.#file,
      mode: 0o600,
      sync: false,
      minLength: bufferBytes,
      maxLength: 128 * bufferBytes,
    });
    // A full disk costs lines of the log, never the process.
    this.#out.on('error', () => undefined);
    this.#flush = setInterval(() => this.#out.flush(), flushMs).unref();
  }

  add(access: Access): void {
    this.#ring[this.#next] = access;
    this.#next = (this.#next + 1) % kept;
    const line = `${JSON.stringify(access)}\n`;
    this.#bytes += line.length;
    this.#out.write(line);
    if (this.#bytes > rotateBytes) this.#rotate();
  }

  /** The newest first. */
  list({ route, failed, limit }: { route: string | null; failed: boolean; limit: number }): Access[] {
    const found: Access[] = [];
    for (let back = 1; back <= this.#ring.length && found.length < limit; back += 1) {
      const access = this.#ring[(this.#next - back + kept) % kept];
      if (access === undefined) break;
      if (route !== null && access.routeId !== route) continue;
      if (failed && access.status >= 100 && access.status < 400) continue;
      found.push(access);
    }
    return found;
  }

  close(): void {
    clearInterval(this.#flush);
    this.#out.end();
  }

  #rotate(): void {
    this.#bytes = 0;
    try {
      renameSync(this.#file, `${this.#file}.1`);
      this.#out.reopen();
    } catch {
      // It goes on where it was.
    }
  }
}
