import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';

/** In the order in which we prefer them: by what it costs to make them. */
const encodings = ['zstd', 'gzip', 'br'] as const;
export type Encoding = (typeof encodings)[number];

/** At their quick levels, and on the threads of zlib, not on the loop: what is saved is milliseconds. */
const compressors: Record<Encoding, (body: Buffer) => Promise<Buffer>> = {
  zstd: promisify(zstdCompress),
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (body) => promisify(gzip)(body, { level: 1 }),
};

/** Over loopback smaller answers arrive no sooner, see docs/decisions/0016. */
export const worthCompressing = 64 * 1024;

/** The encoding that Accept-Encoding allows and we like best; null for none (RFC 9110, 12.5.3). */
export function encodingFor(header: string | string[] | undefined): Encoding | null {
  if (header === undefined) return null;
  const wishes = String(header)
    .split(',')
    .map((wish) => {
      const [name = '', ...parameters] = wish.toLowerCase().split(';');
      const weight = /^\s*q=([\d.]+)\s*$/.exec(parameters.join(';'))?.[1];
      return { name: name.trim(), weight: weight === undefined ? 1 : Number(weight) };
    });
  const weightOf = (encoding: Encoding) =>
    (wishes.find(({ name }) => name === encoding) ?? wishes.find(({ name }) => name === '*'))?.weight ?? 0;
  const allowed = encodings.filter((encoding) => weightOf(encoding) > 0);
  const best = Math.max(...allowed.map(weightOf));
  return allowed.find((encoding) => weightOf(encoding) === best) ?? null;
}

export function compress(encoding: Encoding, body: Buffer): Promise<Buffer> {
  return compressors[encoding](body);
}
