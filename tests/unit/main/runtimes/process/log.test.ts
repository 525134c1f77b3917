import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseLogLine, readLog } from '#main/runtimes/process/log-reader.ts';
import { LineStamper, LogWriter } from '#main/runtimes/process/log-writer.ts';
import { filesOf, type RunFiles } from '#main/runtimes/process/records.ts';
import type { ProcessLogOptions } from '#main/runtimes/process/types.ts';

const time = '2026-01-02T03:04:05.006Z';

function stamped(stamper: LineStamper, ...chunks: string[]): string {
  return chunks.map((chunk) => stamper.add(Buffer.from(chunk), time).toString('utf8')).join('|');
}

/** A service's log in a temporary folder. */
function logFiles(): RunFiles {
  const dir = mkdtempSync(join(tmpdir(), 'clos-log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const files = filesOf(dir, 'svc');
  mkdirSync(files.logFolder, { recursive: true });
  return files;
}

function stampOf(number: number): string {
  return `2026-01-01T00:00:00.${String(number).padStart(3, '0')}Z`;
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${stampOf(from + index)} 1 ${from + index}\n`).join('');
}

async function read(files: RunFiles, options: ProcessLogOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { line } of readLog(files, options)) found.push(line);
  return found;
}

describe('a stamped line', () => {
  it('has the time, the stream and the text, without the ends of lines of any kind', () => {
    expect(stamped(new LineStamper(1, 100), 'a\r\n\nb\n')).toBe(`${time} 1 a\n${time} 1 \n${time} 1 b\n`);
    expect(stamped(new LineStamper(2, 100), 'c\n')).toBe(`${time} 2 c\n`);
  });

  it('is put together from pieces and has the time of the first', () => {
    const stamper = new LineStamper(1, 100);
    stamper.add(Buffer.from('zwöl'.slice(0, 2)), time);
    expect(stamper.add(Buffer.from('ölf\n'), 'later').toString()).toBe(`${time} 1 zwölf\n`);
    expect(stamper.finish().toString()).toBe('');
  });

  it('loses what is past the bound, and says so', () => {
    const stamper = new LineStamper(1, 4);
    expect(stamped(stamper, '12', '345', '6\n1234\n')).toBe(`||${time} 1+ 1234\n${time} 1 1234\n`);
  });

  it('is kept when its newline never comes', () => {
    const stamper = new LineStamper(1, 100);
    expect(stamped(stamper, 'Password: ')).toBe('');
    expect(stamper.finish().toString()).toBe(`${time} 1 Password: \n`);
  });

  it('is read back as it was', () => {
    expect(parseLogLine(`${time} 2+ a 1 b`)).toEqual({ stream: 'stderr', time, line: 'a 1 b', truncated: true });
    expect(parseLogLine(`${time} 1 `)).toEqual({ stream: 'stdout', time, line: '' });
    expect(parseLogLine('half a li')).toBeNull();
  });
});

describe('a log', () => {
  it('is set aside when it is full, over the one before', () => {
    const files = logFiles();
    const writer = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: 100 });
    for (let number = 1; number <= 9; number++) writer.write(Buffer.from(lines(number, number)));
    writer.close();
    expect(readFileSync(files.log, 'utf8')).toBe(lines(7, 9));
    expect(readFileSync(files.olderLog, 'utf8')).toBe(lines(4, 6));
  });

  it.skipIf(process.platform === 'win32')('can be read by its owner only, the one that was set aside too', () => {
    const files = logFiles();
    const writer = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: 30 });
    writer.write(Buffer.from(lines(1, 1)));
    writer.write(Buffer.from(lines(2, 2)));
    writer.close();
    expect([files.log, files.olderLog].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  });

  it('goes on where an earlier writer has ended, on a line of its own', () => {
    const files = logFiles();
    writeFileSync(files.log, `${lines(1, 1)}${stampOf(2)} 1 half a li`);
    const writer = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: 1000 });
    writer.write(Buffer.from(lines(3, 3)));
    writer.close();
    expect(readFileSync(files.log, 'utf8')).toBe(`${lines(1, 1)}${stampOf(2)} 1 half a li\n${lines(3, 3)}`);
  });

  it('says how much is missing when the disk took nothing for a while', () => {
    const files = logFiles();
    const writer = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: 30 });
    writer.write(Buffer.from(lines(1, 1)));
    // A folder where the full log should go, so that it cannot be set aside.
    mkdirSync(join(files.olderLog, 'in-the-way'), { recursive: true });
    writer.write(Buffer.from(lines(2, 3)));
    rmSync(files.olderLog, { recursive: true });
    writer.write(Buffer.from(lines(4, 4)));
    writer.close();
    expect(readFileSync(files.log, 'utf8').replace(/^\S+/, 'NOW')).toBe(
      `NOW 2 [clos] ${lines(2, 3).length} bytes of output are missing here: the log could not be written.\n${lines(4, 4)}`,
    );
  });
});

describe('reading a log', () => {
  it('gives the older lines first, then the newer', async () => {
    const files = logFiles();
    writeFileSync(files.olderLog, lines(1, 2));
    writeFileSync(files.log, lines(3, 4));
    expect(await read(files)).toEqual(['1', '2', '3', '4']);
  });

  it('is empty before there was a line', async () => {
    const files = logFiles();
    expect(await read(files)).toEqual([]);
    expect(await read(files, { tail: 5 })).toEqual([]);
  });

  it.each([
    [0, []],
    [1, ['4']],
    [2, ['3', '4']],
    [3, ['2', '3', '4']],
    [4, ['1', '2', '3', '4']],
    [9, ['1', '2', '3', '4']],
  ])('gives the last %i lines, over both files', async (tail, expected) => {
    const files = logFiles();
    writeFileSync(files.olderLog, lines(1, 2));
    writeFileSync(files.log, lines(3, 4));
    expect(await read(files, { tail })).toEqual(expected);
  });

  it('finds the last lines although they are longer than a chunk', async () => {
    const files = logFiles();
    const long = 'x'.repeat(200_000);
    writeFileSync(files.log, `${stampOf(1)} 1 first\n${stampOf(2)} 1 ${long}\n${stampOf(3)} 1 last\n`);
    expect(await read(files, { tail: 2 })).toEqual([long, 'last']);
  });

  it.each([
    [stampOf(3), ['3', '4']],
    [new Date(stampOf(4)).getTime() / 1000, ['4']],
    ['2026-01-01T01:00:00.003+01:00', ['3', '4']],
  ])('gives the lines since %s', async (since, expected) => {
    const files = logFiles();
    writeFileSync(files.log, lines(1, 4));
    expect(await read(files, { since })).toEqual(expected);
  });

  it('refuses what is no time', async () => {
    await expect(read(logFiles(), { since: 'yesterday' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'yesterday is not a time.',
    });
  });

  it('follows: gives each line once although files are set aside and half lines are seen', async () => {
    const files = logFiles();
    const writer = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: 100 });
    writer.write(Buffer.from(lines(1, 2)));
    const ending = new AbortController();
    const found: string[] = [];
    for await (const { line } of readLog(files, { follow: true, tail: 1, signal: ending.signal })) {
      found.push(line);
      const number = Number(line);
      if (number === 40) ending.abort();
      // The file is set aside with every third line.
      else writer.write(Buffer.from(lines(number + 1, number + 1)));
    }
    writer.close();
    expect(found).toEqual(Array.from({ length: 39 }, (_, index) => String(index + 2)));

    appendFileSync(files.log, `${stampOf(41)} 1 4`);
    const again = new AbortController();
    const rest: string[] = [];
    for await (const { line } of readLog(files, { follow: true, tail: 2, signal: again.signal })) {
      rest.push(line);
      if (line === '40') appendFileSync(files.log, '1\n');
      if (line === '41') again.abort();
    }
    expect(rest).toEqual(['39', '40', '41']);
  });
});
