import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodingFor } from '#main/http/compression.ts';
import { bytesOf, represent, tagOf } from '#main/http/representation.ts';

describe('the encoding of an answer', () => {
  it.each([
    [undefined, null],
    ['', null],
    ['identity', null],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'gzip'],
    ['deflate, br', 'br'],
    ['gzip;q=0.5, br', 'br'],
    ['zstd;q=0, GZIP', 'gzip'],
    ['*', 'zstd'],
    ['*;q=0', null],
    ['zstd;q=0, br;q=0, *', 'gzip'],
    ['nonsense;q=abc, ,;', null],
  ])('%j asks for %j', (header, encoding) => {
    expect(encodingFor(header)).toBe(encoding);
  });

  it('leaves the answer what it is, once for all who ask, with a tag of its own', async () => {
    const answer = represent({ items: Array.from({ length: 500 }, (_value, index) => `web-${index}`) });
    const [zstd, br, gzip] = await Promise.all((['zstd', 'br', 'gzip'] as const).map((one) => bytesOf(answer, one)));

    expect(zstdDecompressSync(zstd ?? '')).toEqual(answer.body);
    expect(brotliDecompressSync(br ?? '')).toEqual(answer.body);
    expect(gunzipSync(gzip ?? '')).toEqual(answer.body);
    expect(await bytesOf(answer, 'gzip')).toBe(gzip);
    expect(new Set([null, 'gzip', 'br', 'zstd'].map((one) => tagOf(answer, one as 'gzip' | null))).size).toBe(4);
  });
});
