import { z } from 'zod';
import { parseDuration, parseSize } from '../base/units.ts';

/** `[a-z][a-z0-9-]{0,62}`: a name is a DNS label, because it becomes one (`web.shop.localhost`). */
export const nameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must start with a letter and hold at most 63 of a-z, 0-9 and -');

/** An id or a name, as it stands in a path. */
export const refSchema = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be an id or a name');

export const timeSchema = z.iso.datetime({ precision: 3 }).describe('ISO 8601, UTC, milliseconds');
export const portSchema = z.int().min(1).max(65_535);
export const protocolSchema = z.enum(['tcp', 'udp']);
export const seqSchema = z.int().min(0);

/** An IPv4 or IPv6 address to bind. Names are not accepted: what they resolve to changes. */
export const addressSchema = z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address');

export const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== null, 'must be a duration such as "500ms", "10s" or "2m"')
  .describe('A duration: 500ms, 10s, 2m, 1h');

/** `"256MiB"` or bytes in, bytes out. */
export const sizeSchema = z
  .union([z.int().min(0), z.string()])
  .transform((value, context) => {
    const bytes = typeof value === 'number' ? value : parseSize(value);
    if (bytes !== null) return bytes;
    context.addIssue({ code: 'custom', message: 'must be a size such as "256MiB", or bytes' });
    return z.NEVER;
  })
  .describe('A size: 256MiB, 1GB, or a number of bytes');

/** A moment of the past: a time, or the number of the event after which it is. */
export const momentSchema = z
  .union(
    [
      timeSchema,
      z.int().min(0),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ],
    'must be an ISO 8601 time in UTC or the number of an event',
  )
  .describe('As it was then: a time (ISO 8601, UTC, milliseconds), or after the event of this number');
export type Moment = z.output<typeof momentSchema>;

/** The query of what can be asked for as it was. */
export const atQuery = { at: momentSchema.optional() };

export const orderSchema = z.enum(['asc', 'desc']);
export type Order = z.output<typeof orderSchema>;

/** The query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(500).optional().describe('`nextCursor` of the page before'),
};

/** The query of every export. */
export const exportQuery = {
  format: z.enum(['jsonl', 'csv']).default('jsonl').describe('JSON Lines or comma-separated values'),
};

/** The envelope of every list. `nextCursor` is null on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A flag in a query: `?dryRun=true`. */
export const flagSchema = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .or(z.boolean());
