import { describe, expect, it } from 'vitest';
import { readFramedLog, readTerminalLog } from '#main/runtimes/container/container-logs.ts';

const first = '2026-01-02T03:04:05.000000001Z';
const second = '2026-01-02T03:04:06.000000002Z';

function frame(stream: 1 | 2, text: string | Buffer): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gather<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const line of lines) gathered.push(line);
  return gathered;
}

describe('the log of a container without a terminal', () => {
  it.each([1, 3, 7, 8, 9, 4096])('reads both streams whatever the pieces, here of %i bytes', async (size) => {
    const log = Buffer.concat([
      frame(1, `${first} hello world\n`),
      frame(2, `${first} ohne Grüße 🙂\n`),
      frame(1, `${second} \n`),
      frame(1, `${second} windows\r\n`),
    ]);
    expect(await gather(readFramedLog(inPieces(log, size)))).toEqual([
      { stream: 'stdout', time: first, line: 'hello world' },
      { stream: 'stderr', time: first, line: 'ohne Grüße 🙂' },
      { stream: 'stdout', time: second, line: '' },
      { stream: 'stdout', time: second, line: 'windows' },
    ]);
  });

  it('joins a line that the engine has split, and keeps the other stream apart meanwhile', async () => {
    const log = Buffer.concat([frame(1, `${first} one `), frame(2, `${first} between\n`), frame(1, `${second} two\n`)]);
    expect(await gather(readFramedLog(inPieces(log, 5)))).toEqual([
      { stream: 'stderr', time: first, line: 'between' },
      { stream: 'stdout', time: first, line: 'one two' },
    ]);
  });

  it('tells the engine’s stamp from one that the program wrote', async () => {
    const log = frame(1, `${first} ${second} the program’s own\n`);
    expect(await gather(readFramedLog(inPieces(log, 64)))).toEqual([
      { stream: 'stdout', time: first, line: `${second} the program’s own` },
    ]);
  });

  it('keeps lines of a message that has several, and one without a newline at the end', async () => {
    const log = Buffer.concat([frame(1, `${first} a\nb\n`), frame(1, `${second} c`)]);
    expect(await gather(readFramedLog(inPieces(log, 4096)))).toEqual([
      { stream: 'stdout', time: first, line: 'a' },
      { stream: 'stdout', time: null, line: 'b' },
      { stream: 'stdout', time: second, line: 'c' },
    ]);
  });

  it('cuts a line at the bound and says so; the next line is whole', async () => {
    const log = Buffer.concat([
      frame(1, `${first} ${'x'.repeat(30)}`),
      frame(1, `${first} ${'y'.repeat(30)}\n`),
      frame(1, `${second} short\n`),
    ]);
    expect(await gather(readFramedLog(inPieces(log, 10), 40))).toEqual([
      { stream: 'stdout', time: first, line: 'x'.repeat(30) + 'y'.repeat(10), truncated: true },
      { stream: 'stdout', time: second, line: 'short' },
    ]);
  });

  it('reads messages without a stamp', async () => {
    const log = Buffer.concat([frame(1, 'plain text\n'), frame(2, 'x\n'), frame(1, `${'z'.repeat(60)} y\n`)]);
    expect(await gather(readFramedLog(inPieces(log, 3)))).toEqual([
      { stream: 'stdout', time: null, line: 'plain text' },
      { stream: 'stderr', time: null, line: 'x' },
      { stream: 'stdout', time: null, line: `${'z'.repeat(60)} y` },
    ]);
  });

  it('refuses what is not framed', async () => {
    await expect(gather(readFramedLog(inPieces(Buffer.from('not a frame at all'), 4)))).rejects.toMatchObject({
      code: 'ENGINE_ERROR',
    });
  });
});

describe('the log of a container with a terminal', () => {
  it.each([1, 2, 31, 4096])('reads lines whatever the pieces, here of %i bytes', async (size) => {
    const log = Buffer.from(`${first} hello\r\n${second} world\r\n${second} $ `);
    expect(await gather(readTerminalLog(inPieces(log, size)))).toEqual([
      { stream: 'stdout', time: first, line: 'hello' },
      { stream: 'stdout', time: second, line: 'world' },
      { stream: 'stdout', time: second, line: '$ ' },
    ]);
  });
});
