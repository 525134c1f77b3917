import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { sizeOf } from './private-file.ts';

/** A write-ahead log as SQLite writes it: https://sqlite.org/fileformat2.html#walformat. Only this file knows its bytes. */
const headerBytes = 32;
const frameHeaderBytes = 24;
const magic = 0x377f0682;

type Sum = [number, number];

/** The checksum of the log, taken further over some bytes. They are read as words in the order that the log's magic number says. */
function sumOf([first, second]: Sum, bytes: Buffer, bigEndian: boolean): Sum {
  let [one, two] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + two + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))) >>> 0;
    two = (two + one + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4))) >>> 0;
  }
  return [one, two];
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
  content: Buffer;
}

/** The head of a log, by which its rounds are told apart, or null where there is none or it is not as it was written. */
interface Head {
  bytes: Buffer;
  bigEndian: boolean;
  sum: Sum;
  pageBytes: number;
}

function readHead(file: number): Head | null {
  const bytes = Buffer.alloc(headerBytes);
  if (readSync(file, bytes, 0, headerBytes, 0) < headerBytes) return null;
  const bigEndian = bytes.readUInt32BE(0) === magic + 1;
  const sum = sumOf([0, 0], bytes.subarray(0, 24), bigEndian);
  const isWhole = (bigEndian || bytes.readUInt32BE(0) === magic) && isSum(bytes, 24, sum);
  return isWhole ? { bytes, bigEndian, sum, pageBytes: bytes.readUInt32BE(8) } : null;
}

/** Walks over frames from one on, whose checksum goes on from that of the frame before. The content is valid until the next one. */
function* framesOf(file: number, head: Head, from: { frame: number; sum: Sum }): Generator<Frame & { sum: Sum }> {
  const { bigEndian } = head;
  const salts = head.bytes.subarray(16, 24);
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + head.pageBytes);
  const content = bytes.subarray(frameHeaderBytes);
  let { sum } = from;
  let sound = true;
  for (let index = from.frame; ; index += 1) {
    const read = readSync(file, bytes, 0, bytes.length, headerBytes + index * bytes.length);
    if (read < bytes.length) return;
    const ours = bytes.subarray(8, 16).equals(salts);
    if (sound && ours) {
      sum = sumOf(sumOf(sum, bytes.subarray(0, 8), bigEndian), content, bigEndian);
      sound = isSum(bytes, 16, sum);
    } else {
      sound = false;
    }
    yield { ours, sound, page: bytes.readUInt32BE(0), pages: bytes.readUInt32BE(4), content, sum };
  }
}

/** The frames of the log of a database that nobody writes to. Null where its head is not as it was written. */
export function readLog(databasePath: string): { frames: Iterable<Frame>; close(): void } | null {
  const file = openSync(logOf(databasePath), 'r');
  const head = readHead(file);
  if (head !== null) return { frames: framesOf(file, head, { frame: 0, sum: head.sum }), close: () => closeSync(file) };
  closeSync(file);
  return null;
}

/**
 * Follows the log of a database: which pages have been committed to it in its present round, as a CRC-32 of what each is now.
 *
 * SQLite begins a new round, from the front of the file, once all of the last one is in the database and nobody reads it any more.
 */
export class FollowedLog {
  readonly #path: string;
  #file: number | null = null;
  #head: Buffer | null = null;
  #sum: Sum = [0, 0];
  /** Committed frames of this round. */
  frames = 0;
  /** How many pages the database has after the last commit; 0 before the first. */
  databasePages = 0;
  readonly sums = new Map<number, number>();

  constructor(databasePath: string) {
    this.#path = logOf(databasePath);
  }

  /** Reads what has been committed since the last time. What is not whole or not committed yet is left for the next time. */
  follow(): void {
    try {
      this.#file ??= openSync(this.#path, 'r');
    } catch {
      return;
    }
    const head = readHead(this.#file);
    if (head === null) return;
    if (this.#head === null || !head.bytes.equals(this.#head)) {
      this.#head = head.bytes;
      this.#sum = head.sum;
      this.frames = 0;
      this.databasePages = 0;
      this.sums.clear();
    }
    let uncommitted: Array<[number, number]> = [];
    for (const { sound, page, pages, content, sum } of framesOf(this.#file, head, {
      frame: this.frames,
      sum: this.#sum,
    })) {
      if (!sound) return;
      uncommitted.push([page, crc32(content)]);
      if (pages === 0) continue;
      for (const [number, crc] of uncommitted) this.sums.set(number, crc);
      this.frames += uncommitted.length;
      this.databasePages = pages;
      this.#sum = sum;
      uncommitted = [];
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
