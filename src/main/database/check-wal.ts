import { closeSync, openSync, readSync } from 'node:fs';
import { Damaged } from './check.ts';
import { sizeOf } from './seal.ts';

/** https://sqlite.org/fileformat2.html#walformat */
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

/** The log has lost something; what SQLite reads up to there is whole. */
export class LogDamaged extends Damaged {}

/**
 * Throws `LogDamaged` where the write-ahead log of a database has lost what was on disk before.
 *
 * SQLite reads a log up to the first frame whose checksum is wrong and forgets the rest without a word. That is right for what a
 * power cut has torn: the last transaction, which nobody was told of. A commit that has others behind it was on disk.
 */
export function checkWal(databasePath: string): void {
  const path = `${databasePath}-wal`;
  if (sizeOf(path) <= headerBytes) return;
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    readSync(file, header, 0, headerBytes, 0);
    const bigEndian = header.readUInt32BE(0) === magic + 1;
    let sum = sumOf([0, 0], header.subarray(0, 24), bigEndian);
    if ((!bigEndian && header.readUInt32BE(0) !== magic) || !isSum(header, 24, sum)) {
      throw new LogDamaged('the head of its log is not as it was written');
    }
    const salts = header.subarray(16, 24);
    const frame = Buffer.alloc(frameHeaderBytes + header.readUInt32BE(8));
    let sound = true;
    let lostCommit = false;
    for (let at = headerBytes; readSync(file, frame, 0, frame.length, at) === frame.length; at += frame.length) {
      // Behind the last frame of this round lie those of the round before, with other salts.
      const ours = frame.subarray(8, 16).equals(salts);
      if (sound && ours) {
        sum = sumOf(sumOf(sum, frame.subarray(0, 8), bigEndian), frame.subarray(frameHeaderBytes), bigEndian);
        sound = isSum(frame, 16, sum);
      } else {
        sound = false;
      }
      if (sound) continue;
      if (ours && lostCommit) throw new LogDamaged('its log holds changes behind one that cannot be read');
      lostCommit ||= ours && frame.readUInt32BE(4) !== 0;
    }
  } finally {
    closeSync(file);
  }
}
