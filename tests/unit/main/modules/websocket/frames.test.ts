import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import * as library from 'ws';
import { textFrame } from '#main/modules/websocket/frames.ts';

/** The parser of a client, which the types of `ws` do not know. */
const { Receiver } = library as unknown as { Receiver: new (options: object) => Writable };

/** What a client's parser makes of bytes: the texts of their messages. */
function parse(bytes: Buffer): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
    receiver.on('message', (data: Buffer) => texts.push(data.toString()));
    receiver.on('error', reject);
    receiver.end(bytes, () => resolve(texts));
  });
}

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])('of %i bytes is understood by a client', async (length) => {
    const text = 'a'.repeat(length);
    expect(await parse(textFrame(Buffer.from(text)))).toEqual([text]);
  });

  it('stands next to others without a seam', async () => {
    const frames = ['é', 'two', 'x'.repeat(300)].map((text) => textFrame(Buffer.from(text)));
    expect(await parse(Buffer.concat(frames))).toEqual(['é', 'two', 'x'.repeat(300)]);
  });
});
