import { existsSync, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { RunFiles } from './records.ts';
import type { ProcessLogLine, ProcessLogOptions } from './types.ts';

const chunkBytes = 64 * 1024;
const newline = 0x0a;

/** `2026-01-02T03:04:05.123Z 1+ text`, see log-writer.ts. */
const linePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([12])(\+?) (.*)$/s;

/** Null for what is no line of a log: the end of one that was being written when the power failed. */
export function parseLogLine(text: string): ProcessLogLine | null {
  const [, time, stream, truncated, line] = linePattern.exec(text) ?? [];
  if (time === undefined || line === undefined) return null;
  return {
    stream: stream === '2' ? 'stderr' : 'stdout',
    time,
    line,
    ...(truncated === '+' ? { truncated: true as const } : {}),
  };
}

/** One file of a log, as it was opened: it stays readable when it is set aside. */
interface LogFile {
  handle: FileHandle;
  inode: bigint;
  position: number;
}

/**
 * Reads the log of a service, older lines first. Memory holds one chunk and one line, whatever the size and `tail`.
 *
 * Following waits for changes of the folder. A file that is set aside meanwhile is read to its end before the next one, so every
 * line comes once and in order, unless the reader is slower than two whole files.
 */
export async function* readLog(files: RunFiles, options: ProcessLogOptions): AsyncGenerator<ProcessLogLine> {
  const { follow = false, tail, signal } = options;
  const since = readSince(options.since);
  const changes = follow ? new Changes(files, signal) : null;
  let queue = await openFiles(files, null);
  let last: LogFile | null = null;
  try {
    if (tail !== undefined) queue = await skipTo(queue, tail);
    for (;;) {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        await last?.handle.close();
        last = file;
        yield* linesOf(file, since, signal);
      }
      if (changes === null || signal?.aborted) return;
      await changes.next();
      // The service was forgotten, and its folder with it.
      if (signal?.aborted || !existsSync(files.logFolder)) return;
      // First what was written before the file was set aside, then what is new.
      queue = await openFiles(files, last?.inode ?? null);
      if (last !== null) yield* linesOf(last, since, signal);
    }
  } finally {
    changes?.close();
    for (const file of queue) await file.handle.close();
    await last?.handle.close();
  }
}

function readSince(since: ProcessLogOptions['since']): string | null {
  if (since === undefined) return null;
  const at = new Date(typeof since === 'number' ? since * 1000 : since);
  if (Number.isNaN(at.getTime())) throw new ClosError('INVALID_INPUT', `${since} is not a time.`);
  return at.toISOString();
}

/** The files that come after the one with this inode, older first; none when it is still the one that is written. */
async function openFiles(files: RunFiles, after: bigint | null): Promise<LogFile[]> {
  // The current one first: when it is set aside before the older one is opened, both are the same file.
  const current = await openFile(files.log);
  const older = await openFile(files.olderLog);
  const found = [older, current].filter((file) => file !== null);
  const isRepeated = older !== null && older.inode === current?.inode;
  const from = found.findIndex(({ inode }) => inode === after) + 1;
  const wanted = current !== null && current.inode === after ? [] : found.slice(Math.max(from, isRepeated ? 1 : 0));
  for (const file of found) if (!wanted.includes(file)) await file.handle.close();
  return wanted;
}

async function openFile(path: string): Promise<LogFile | null> {
  try {
    const handle = await open(path, 'r');
    const { ino } = await handle.stat({ bigint: true });
    return { handle, inode: ino, position: 0 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** The files from the last `count` lines on. */
async function skipTo(files: LogFile[], count: number): Promise<LogFile[]> {
  const kept: LogFile[] = [];
  let left = count;
  for (const file of files.toReversed()) {
    if (left <= 0 && kept.length > 0) {
      await file.handle.close();
      continue;
    }
    left -= await seekBack(file, left);
    kept.unshift(file);
  }
  return kept;
}

/** Moves a file to the start of its last `count` lines. Returns how many those are. */
async function seekBack(file: LogFile, count: number): Promise<number> {
  const { size } = await file.handle.stat();
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let lines = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes);
    const { bytesRead } = await file.handle.read(buffer, 0, end - start, start);
    for (
      let at = buffer.lastIndexOf(newline, bytesRead - 1);
      at >= 0;
      at = at === 0 ? -1 : buffer.lastIndexOf(newline, at - 1)
    ) {
      // The newline before the lines wanted; each of them ends with one of its own.
      if (lines === count) {
        file.position = start + at + 1;
        return count;
      }
      lines++;
    }
    end = start;
  }
  return Math.min(lines, count);
}

/** The whole lines from the file's position to its end; half a line is left for the next time. */
async function* linesOf(
  file: LogFile,
  since: string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProcessLogLine> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let rest: Buffer[] = [];
  let restBytes = 0;
  for (;;) {
    if (signal?.aborted) return;
    const { bytesRead } = await file.handle.read(buffer, 0, chunkBytes, file.position + restBytes);
    if (bytesRead === 0) return;
    const chunk = buffer.subarray(0, bytesRead);
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const text = Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
      file.position += restBytes + end + 1 - start;
      rest = [];
      restBytes = 0;
      start = end + 1;
      const line = parseLogLine(text);
      if (line === null || (since !== null && line.time < since)) continue;
      yield line;
      if (signal?.aborted) return;
    }
    if (start < bytesRead) {
      rest.push(Buffer.from(chunk.subarray(start)));
      restBytes += bytesRead - start;
    }
  }
}

/** Tells when a log has changed since the last time it was asked, or was removed, until a signal. */
class Changes {
  readonly #watchers: FSWatcher[];
  readonly #signal: AbortSignal | undefined;
  #changed = false;
  #wake: () => void = () => undefined;

  constructor({ folder, logFolder }: RunFiles, signal: AbortSignal | undefined) {
    this.#signal = signal;
    // The folder above tells that the other was removed, which is not told while a file of it is open.
    this.#watchers = [folder, logFolder].map((path) => watch(path, this.#ring).on('error', this.#ring));
    signal?.addEventListener('abort', this.#ring, { once: true });
  }

  async next(): Promise<void> {
    if (!this.#changed && !this.#signal?.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#ring);
    for (const watcher of this.#watchers) watcher.close();
  }

  readonly #ring = (): void => {
    this.#changed = true;
    this.#wake();
  };
}
