import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { sizeOf } from './private-file.ts';

/** A write-ahead log as SQLite writes it: https://sqlite.org/fileformat2.html#walformat. Only this file knows its bytes. */
const headerBytes = 32;
const frameHeaderBytes = 24;
const magic = 0x377f0682;

/** About a MiB. */
const framesAtOnce = 256;
const isLittleEndian = endianness() === 'LE';

type Sum = [number, number];

/** A word whose bytes are the other way round. */
function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/**
 * The checksum of the log, taken further over some bytes that begin at a multiple of four in memory. They are read as words in the order
 * that the log's magic number says, which is the order of the machine that wrote it.
 */
function sumOf([first, second]: Sum, bytes: Buffer, bigEndian: boolean): Sum {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const swapped = bigEndian === isLittleEndian;
  let [one, two] = [first | 0, second | 0];
  for (let index = 0; index < words.length; index += 2) {
    const [left, right] = [words[index] as number, words[index + 1] as number];
    one = (one + two + (swapped ? swap(left) : left)) | 0;
    two = (two + one + (swapped ? swap(right) : right)) | 0;
  }
  return [one >>> 0, two >>> 0];
}

function isSum(bytes: Buffer, at: number, [one, two]: Sum): boolean {
  return bytes.readUInt32BE(at) === one && bytes.readUInt32BE(at + 4) === two;
}

export const logOf = (databasePath: string): string => `${databasePath}-wal`;

/** Whether there is more in the log of a database than its head, whatever that is worth. */
export const hasFrames = (databasePath: string): boolean => sizeOf(logOf(databasePath)) > headerBytes;

/** What lies at one place of the log. */
export interface Frame {
  /** Of the present round. Behind its last frame lie those of the round before, with other salts. */
  ours: boolean;
  /** Its checksum is right, and so were those of all before it: this is how far SQLite reads. */
  sound: boolean;
  /** The number of the page, from 1. */
  page: number;
  /** How many pages the database has after the commit that this frame ends; 0 if it ends none. */
  pages: number;
}

/** The head of a log, by which its rounds are told apart, or null where there is none or it is not as it was written. */
interface Head {
  bytes: Buffer;
  bigEndian: boolean;
  sum: Sum;
  pageBytes: number;
}

function readHead(file: number): Head | null {
  const bytes = Buffer.allocUnsafeSlow(headerBytes);
  if (readSync(file, bytes, 0, headerBytes, 0) < headerBytes) return null;
  const bigEndian = bytes.readUInt32BE(0) === magic + 1;
  const sum = sumOf([0, 0], bytes.subarray(0, 24), bigEndian);
  const isWhole = (bigEndian || bytes.readUInt32BE(0) === magic) && isSum(bytes, 24, sum);
  return isWhole ? { bytes, bigEndian, sum, pageBytes: bytes.readUInt32BE(8) } : null;
}

function* framesOf(file: number, head: Head): Generator<Frame> {
  const { bigEndian } = head;
  const salts = head.bytes.subarray(16, 24);
  const bytes = Buffer.allocUnsafeSlow(frameHeaderBytes + head.pageBytes);
  const content = bytes.subarray(frameHeaderBytes);
  let { sum } = head;
  let sound = true;
  for (let index = 0; ; index += 1) {
    const read = readSync(file, bytes, 0, bytes.length, headerBytes + index * bytes.length);
    if (read < bytes.length) return;
    const ours = bytes.subarray(8, 16).equals(salts);
    if (sound && ours) {
      sum = sumOf(sumOf(sum, bytes.subarray(0, 8), bigEndian), content, bigEndian);
      sound = isSum(bytes, 16, sum);
    } else {
      sound = false;
    }
    yield { ours, sound, page: bytes.readUInt32BE(0), pages: bytes.readUInt32BE(4) };
  }
}

/** The frames of the log of a database that nobody writes to. Null where its head is not as it was written. */
export function readLog(databasePath: string): { frames: Iterable<Frame>; close(): void } | null {
  const file = openSync(logOf(databasePath), 'r');
  const head = readHead(file);
  if (head !== null) return { frames: framesOf(file, head), close: () => closeSync(file) };
  closeSync(file);
  return null;
}

/** The pages that SQLite reads from the log, and how many the database has with them; 0 where there is no commit in the log. */
export function committedPages(databasePath: string): { numbers: ReadonlySet<number>; count: number } {
  const numbers = new Set<number>();
  const log = hasFrames(databasePath) ? readLog(databasePath) : null;
  if (log === null) return { numbers, count: 0 };
  let count = 0;
  let uncommitted: number[] = [];
  try {
    for (const { sound, page, pages } of log.frames) {
      if (!sound) break;
      uncommitted.push(page);
      if (pages === 0) continue;
      for (const number of uncommitted) numbers.add(number);
      count = pages;
      uncommitted = [];
    }
  } finally {
    log.close();
  }
  return { numbers, count };
}

/** What the log holds of a database once all of it is in there: the CRC-32 of each of its pages, and how many the database has. */
export interface LogSums {
  sums: ReadonlyMap<number, number>;
  pages: number;
}

/**
 * The log of a database that this process writes to, seen from outside of SQLite, which tells too little of it.
 *
 * SQLite begins a new round, from the front of the file, with the first commit after all of it is in the database and nobody reads it any
 * more. Rounds are told apart by the salts in the head and in each frame.
 */
export class LiveLog {
  readonly #path: string;
  readonly #frameBytes: number;
  readonly #head = Buffer.alloc(headerBytes);
  readonly #salts = Buffer.alloc(8);
  #file: number | null = null;

  constructor(databasePath: string, pageBytes: number) {
    this.#path = logOf(databasePath);
    this.#frameBytes = frameHeaderBytes + pageBytes;
  }

  /** Which round this is, or null before the first commit, and where the log cannot be read. */
  get round(): string | null {
    try {
      this.#file ??= openSync(this.#path, 'r');
      if (readSync(this.#file, this.#head, 0, headerBytes, 0) < headerBytes) return null;
      return this.#head.toString('latin1', 16, 24);
    } catch {
      return null;
    }
  }

  /** Whether a round, the present one, has at least so many frames. */
  has(frames: number, round: string | null): boolean {
    if (round === null || this.#file === null) return false;
    const read = readSync(this.#file, this.#salts, 0, 8, headerBytes + (frames - 1) * this.#frameBytes + 8);
    return read === 8 && this.#salts.toString('latin1') === round;
  }

  /** What the first `frames` frames of this round hold, of which the last ends a commit. Throws when they are not those. */
  sums(frames: number): LogSums {
    const other = () => new Error('The log is not as SQLite says.');
    const { round } = this;
    if (round === null || this.#file === null) throw other();
    const sums = new Map<number, number>();
    const size = this.#frameBytes;
    const block = Buffer.allocUnsafe(Math.min(frames, framesAtOnce) * size);
    let pages = 0;
    for (let first = 0; first < frames; first += framesAtOnce) {
      const wanted = Math.min(framesAtOnce, frames - first) * size;
      if (readSync(this.#file, block, 0, wanted, headerBytes + first * size) < wanted) throw other();
      for (let at = 0; at < wanted; at += size) {
        if (block.toString('latin1', at + 8, at + 16) !== round) throw other();
        sums.set(block.readUInt32BE(at), crc32(block.subarray(at + frameHeaderBytes, at + size)));
        pages = block.readUInt32BE(at + 4);
      }
    }
    if (pages === 0) throw other();
    return { sums, pages };
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
