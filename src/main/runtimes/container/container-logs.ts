import { ClosError } from '#shared/contract/clos-error.ts';
import type { LogLine } from './types.ts';

/** The longest line that is kept, in bytes; the rest of a longer one is dropped. */
export const maxLineBytes = 64 * 1024;

type StreamName = LogLine['stream'];

/** `2026-01-02T03:04:05.123456789Z`, as the engine writes it before a message. */
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const maxStampBytes = 40;
const space = 0x20;
const newline = 0x0a;

/** Gathers one stream's bytes into lines. The engine splits a long line into messages, each with a stamp of its own. */
class LineGatherer {
  readonly #stream: StreamName;
  readonly #bound: number;
  #parts: Buffer[] = [];
  #size = 0;
  #truncated = false;
  #time: string | null = null;
  /** The bytes of a message's start, until its stamp is read; null when it has been. */
  #head: Buffer | null = null;
  #open = false;

  constructor(stream: StreamName, bound: number) {
    this.#stream = stream;
    this.#bound = bound;
  }

  /** A message begins: a stamp comes next. */
  begin(): void {
    this.#head = Buffer.alloc(0);
  }

  add(bytes: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#head !== null) {
        const joined = Buffer.concat([this.#head, rest]);
        const end = joined.indexOf(space);
        if (end < 0 && joined.length <= maxStampBytes && joined.indexOf(newline) < 0) {
          this.#head = joined;
          return lines;
        }
        this.#head = null;
        const said = end < 0 || end > maxStampBytes ? '' : joined.toString('latin1', 0, end);
        const isStamp = stamp.test(said);
        if (isStamp && !this.#open) this.#time = said;
        rest = isStamp ? joined.subarray(end + 1) : joined;
        this.#open = true;
      }
      const end = rest.indexOf(newline);
      this.#keep(end < 0 ? rest : rest.subarray(0, end));
      if (end < 0) return lines;
      lines.push(this.#take());
      rest = rest.subarray(end + 1);
    }
    return lines;
  }

  /** What stands without a newline at the end. */
  finish(): LogLine[] {
    if (this.#head !== null && this.#head.length > 0) {
      this.#open = true;
      this.#keep(this.#head);
    }
    return this.#open ? [this.#take()] : [];
  }

  #keep(bytes: Buffer): void {
    this.#open = true;
    const room = this.#bound - this.#size;
    if (bytes.length > room) this.#truncated = true;
    const kept = bytes.subarray(0, room);
    if (kept.length === 0) return;
    // A copy: the chunk that these bytes belong to would otherwise stay in memory with them.
    this.#parts.push(Buffer.from(kept));
    this.#size += kept.length;
  }

  #take(): LogLine {
    const text = Buffer.concat(this.#parts).toString('utf8');
    const line: LogLine = {
      stream: this.#stream,
      time: this.#time,
      line: text.endsWith('\r') ? text.slice(0, -1) : text,
      ...(this.#truncated ? { truncated: true as const } : {}),
    };
    this.#parts = [];
    this.#size = 0;
    this.#truncated = false;
    this.#time = null;
    this.#open = false;
    return line;
  }
}

/**
 * Reads the log of a container without a terminal: frames of an 8-byte header (the stream, three zeros, the length as a
 * big-endian number) and a message, https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach.
 * Messages are stamped (`timestamps=1`).
 */
export async function* readFramedLog(chunks: AsyncIterable<Buffer>, bound = maxLineBytes): AsyncGenerator<LogLine> {
  const stdout = new LineGatherer('stdout', bound);
  const stderr = new LineGatherer('stderr', bound);
  let header = Buffer.alloc(0);
  let current = stdout;
  let left = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const wanted = 8 - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < 8) break;
        const kind = header.readUInt8(0);
        if (kind > 2) throw new ClosError('ENGINE_ERROR', 'The container engine sent a log that CLOS cannot read.');
        current = kind === 2 ? stderr : stdout;
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        current.begin();
        continue;
      }
      const body = rest.subarray(0, left);
      rest = rest.subarray(body.length);
      left -= body.length;
      yield* current.add(body);
    }
  }
  yield* stdout.finish();
  yield* stderr.finish();
}

/** Reads the log of a container with a terminal: one stream, every line stamped, `\r\n` at its end. */
export async function* readTerminalLog(chunks: AsyncIterable<Buffer>, bound = maxLineBytes): AsyncGenerator<LogLine> {
  const gatherer = new LineGatherer('stdout', bound);
  let atStart = true;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      if (atStart) gatherer.begin();
      const end = rest.indexOf(newline);
      const piece = end < 0 ? rest : rest.subarray(0, end + 1);
      atStart = end >= 0;
      yield* gatherer.add(piece);
      rest = rest.subarray(piece.length);
    }
  }
  yield* gatherer.finish();
}
