import { z } from 'zod';

/**
 * What travels on the message channel between the desktop's window and the api module: one request, one answer, told apart by
 * `id`. The channel itself says who asks, so the headers that could claim an identity or an origin are not accepted.
 */
export const ipcHeaderNames = [
  'accept',
  'content-type',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'prefer',
] as const;

/** The longest body that a window may send, in UTF-16 units. */
export const ipcBodyLimit = 4 * 1024 * 1024;

export const ipcRequestSchema = z.strictObject({
  id: z.int().min(1),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z
    .string()
    .max(16_384)
    .regex(/^\/(?!\/)[\x21-\x7e]*$/, 'must be a path with its query'),
  headers: z.partialRecord(z.enum(ipcHeaderNames), z.string().max(8192)),
  body: z.string().max(ipcBodyLimit).optional(),
});
export type IpcRequest = z.output<typeof ipcRequestSchema>;

export const ipcResponseSchema = z.object({
  id: z.int().min(1),
  status: z.int().min(100).max(599),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});
export type IpcResponse = z.output<typeof ipcResponseSchema>;
