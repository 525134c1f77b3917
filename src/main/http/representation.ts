import { createHash } from 'node:crypto';
import { compress, type Encoding } from './compression.ts';
import { ReadyJson } from './handler.ts';

/** What is sent of an answer: its bytes, and a strong tag of them (RFC 9110, 8.8). */
export interface Representation {
  readonly body: Buffer;
  /** `"3-Xq…"` with the revision of the thing that is told, which If-Match names; else `"Xq…"`. */
  readonly etag: string;
  /** The bytes as they were compressed before: what is kept is compressed once. */
  readonly compressed: Map<Encoding, Promise<Buffer>>;
}

/**
 * The tag is a hash of the bytes: the same state is the same tag after a restart too, and no change that can be seen keeps it. A revision
 * alone would not do, since a service changes its status without a new one.
 */
export function represent(answer: unknown, revision: number | null = null): Representation {
  const body = answer instanceof ReadyJson ? Buffer.from(answer.bytes.buffer) : Buffer.from(JSON.stringify(answer));
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { body, etag: revision === null ? `"${hash}"` : `"${revision}-${hash}"`, compressed: new Map() };
}

/** Other bytes have another tag (RFC 9110, 8.8.3.3). */
export function tagOf({ etag }: Representation, encoding: Encoding | null): string {
  return encoding === null ? etag : `${etag.slice(0, -1)}.${encoding}"`;
}

export function bytesOf({ body, compressed }: Representation, encoding: Encoding | null): Buffer | Promise<Buffer> {
  if (encoding === null) return body;
  const bytes = compressed.get(encoding) ?? compress(encoding, body);
  compressed.set(encoding, bytes);
  return bytes;
}

/** True when If-None-Match names the tag, among others, weakly or by `*` (RFC 9110, 13.1.2). */
export function matchesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
