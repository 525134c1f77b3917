import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { sizeOf } from './private-file.ts';
import { emptyPage, pageBytes, readSeal, type Seal } from './seal.ts';
import { committedPages, hasFrames } from './wal.ts';

const blockPages = 256;

/**
 * What a CRC-32 becomes when a page of zeros is taken into it, without the inversions at its two ends: linear in its bits, so four tables
 * of bytes say it. With it, the sum of two texts comes from their sums (zlib's crc32_combine): crc(a + b) = pushed(crc(a)) xor crc(b).
 */
const zeros = Buffer.alloc(pageBytes);
const tableOf = (shift: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => ~crc32(zeros, ~(byte << shift) >>> 0));
const [low, second, third, high] = [tableOf(0), tableOf(8), tableOf(16), tableOf(24)];

/** The sum of pages that lie one after the other. A loop over indexes: a hundred thousand pages are walked at a start, before it is compiled. */
function combine(sums: Seal['sums']): number {
  let all = 0;
  for (let index = 0; index < sums.length; index += 1) {
    all =
      at(low, all & 255) ^
      at(second, (all >>> 8) & 255) ^
      at(third, (all >>> 16) & 255) ^
      at(high, all >>> 24) ^
      at(sums, index);
  }
  return all >>> 0;
}

const at = (words: Uint32Array, index: number): number => words[index] as number;

/** True when every page is as it was sealed, but for those that the log has: SQLite reads those from there. */
function isAsSealed(path: string, sums: Seal['sums']): boolean {
  const log = committedPages(path);
  const pages = log.count || sums.length;
  // What is neither sealed nor in the log was never written: a hole, or behind the end of the file.
  const isSealed = (page: number, content: Buffer): boolean => {
    if (page > sums.length && content.length === 0) return true;
    return crc32(content) === (page > sums.length ? emptyPage : sums[page - 1]);
  };
  const block = Buffer.allocUnsafe(blockPages * pageBytes);
  const file = openSync(path, 'r');
  try {
    for (let first = 0; first < pages; first += blockPages) {
      const count = Math.min(blockPages, pages - first);
      const read = readSync(file, block, 0, count * pageBytes, first * pageBytes);
      const sealed = sums.subarray(first, first + count);
      if (read === count * pageBytes && sealed.length === count && crc32(block.subarray(0, read)) === combine(sealed)) {
        continue;
      }
      for (let page = first + 1; page <= first + count; page += 1) {
        const start = (page - 1 - first) * pageBytes;
        const content = block.subarray(Math.min(start, read), Math.min(start + pageBytes, read));
        if (!log.numbers.has(page) && !isSealed(page, content)) return false;
      }
    }
    return true;
  } finally {
    closeSync(file);
  }
}

/**
 * Whether a database that nobody has open is as CLOS wrote it. `none`: there is no seal that could tell, or somebody else has had it.
 *
 * What is wrong with the log itself is for `checkWal` to say, before.
 */
export function checkSeal(path: string): 'none' | 'whole' | 'broken' {
  const seal = readSeal(path);
  if (seal === null) return 'none';
  const hasLog = hasFrames(path);
  const whole = isAsSealed(path, seal.sums) && (hasLog || sizeOf(path) === seal.sums.length * pageBytes);
  if (whole) return 'whole';
  // The log that was there has been written into the database by a tool that opened it.
  return seal.state === 'open' && !hasLog ? 'none' : 'broken';
}
