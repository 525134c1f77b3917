import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';

/** The log of a run. A part of the wrapper: it imports nothing but Node's own modules, see wrapper.ts. */

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Turns one stream's bytes into stamped lines: `2026-01-02T03:04:05.123Z 1 text`, where 1 is standard output and 2 standard error,
 * and `1+` says that the line was longer than the bound and has lost its end.
 */
export class LineStamper {
  readonly #stream: 1 | 2;
  readonly #bound: number;
  #open: { time: string; parts: Buffer[]; size: number; truncated: boolean } | null = null;

  constructor(stream: 1 | 2, maxLineBytes: number) {
    this.#stream = stream;
    this.#bound = maxLineBytes;
  }

  /** The lines that these bytes complete, each with its newline. */
  add(bytes: Buffer, time: string): Buffer {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#keep(bytes.subarray(start, end), time);
      this.#take(lines);
      start = end + 1;
    }
    // A copy: the whole chunk would otherwise stay in memory with its last bytes.
    if (start < bytes.length) this.#keep(Buffer.from(bytes.subarray(start)), time);
    return Buffer.concat(lines);
  }

  /** What stands without a newline at the end. */
  finish(): Buffer {
    const lines: Buffer[] = [];
    if (this.#open !== null) this.#take(lines);
    return Buffer.concat(lines);
  }

  #keep(bytes: Buffer, time: string): void {
    this.#open ??= { time, parts: [], size: 0, truncated: false };
    const kept = bytes.subarray(0, this.#bound - this.#open.size);
    if (kept.length < bytes.length) this.#open.truncated = true;
    if (kept.length === 0) return;
    this.#open.parts.push(kept);
    this.#open.size += kept.length;
  }

  #take(lines: Buffer[]): void {
    if (this.#open === null) return;
    const { time, parts, truncated } = this.#open;
    const last = parts.at(-1);
    if (last?.at(-1) === carriageReturn) parts[parts.length - 1] = last.subarray(0, -1);
    lines.push(Buffer.from(`${time} ${this.#stream}${truncated ? '+' : ''} `), ...parts, Buffer.of(newline));
    this.#open = null;
  }
}

export interface LogWriterOptions {
  file: string;
  /** Where a full log goes, over the one before. */
  olderFile: string;
  maxBytes: number;
}

/**
 * Appends to a log and sets it aside when it is full. Writes are synchronous, so lines keep their order and a process that writes
 * faster than the disk waits. A disk that takes no more loses output, never the process: the log says how much is missing.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  #fd: number;
  #size: number;
  #lostBytes = 0;
  #inLine: boolean;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#fd = openSync(options.file, 'a+', 0o600);
    this.#size = fstatSync(this.#fd).size;
    // A wrapper that was killed may have left half a line.
    this.#inLine = this.#size > 0 && this.#lastByte() !== newline;
  }

  write(lines: Buffer): void {
    if (lines.length === 0) return;
    try {
      this.#rotate(lines.length);
      if (this.#inLine) this.#append(Buffer.of(newline));
      if (this.#lostBytes > 0) {
        const said = `${new Date().toISOString()} 2 [clos] ${this.#lostBytes} bytes of output are missing here: the log could not be written.\n`;
        this.#append(Buffer.from(said));
        this.#lostBytes = 0;
      }
      this.#append(lines);
    } catch {
      this.#lostBytes += lines.length;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #append(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) {
      const count = writeSync(this.#fd, bytes, written);
      written += count;
      this.#size += count;
      this.#inLine = bytes[written - 1] !== newline;
    }
  }

  #rotate(coming: number): void {
    const { file, olderFile, maxBytes } = this.#options;
    if (this.#size === 0 || this.#size + coming <= maxBytes) return;
    // Set aside already, when there was no room for the new file the last time.
    if (existsSync(file)) renameSync(file, olderFile);
    const fd = openSync(file, 'a+', 0o600);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#size = 0;
    this.#inLine = false;
  }

  #lastByte(): number | undefined {
    const byte = Buffer.alloc(1);
    readSync(this.#fd, byte, 0, 1, this.#size - 1);
    return byte[0];
  }
}
