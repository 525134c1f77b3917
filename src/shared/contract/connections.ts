import { z } from 'zod';
import { liveTopicSchema } from './live.ts';
import { defineOperation } from './operation-definition.ts';
import { actorSchema } from './operations.ts';
import { pageOf, pageQuery, refSchema, seqSchema, timeSchema } from './primitives.ts';

/** Who is at the other end of a live connection. */
export const connectedSchema = z.object({
  who: actorSchema,
  since: timeSchema,
  from: z.string().describe('The address that it came from, or "socket" for one that came over the home’s own socket'),
  agent: z.string().nullable().describe('What the program calls itself'),
});
export type Connected = z.output<typeof connectedSchema>;

export const connectionSchema = z.object({
  id: z.string(),
  client: connectedSchema.nullable().describe('Null where it is not known any more; the connection goes on'),
  topics: z.array(liveTopicSchema),
  subjects: z.array(z.string()).nullable().describe('Null: all'),
  position: seqSchema.describe('The newest event up to which it has been sent everything'),
  waitingBytes: z.int().describe('Written and not yet taken by the network'),
  slow: z.boolean().describe('Reads slower than it is written to; one that falls back further is dropped'),
});
export type LiveConnection = z.output<typeof connectionSchema>;

export const connections = {
  list: defineOperation({
    id: 'connections.list',
    method: 'GET',
    path: '/api/v2/connections',
    summary: 'List the live connections, oldest first',
    module: 'api',
    access: { permission: 'connections:read' },
    query: z.strictObject(pageQuery),
    output: pageOf(connectionSchema),
    volatile: true,
    errors: [],
  }),
  close: defineOperation({
    id: 'connections.close',
    method: 'DELETE',
    path: '/api/v2/connections/{id}',
    summary: 'Close a live connection; its client may come back',
    module: 'api',
    access: { permission: 'system:admin' },
    params: z.strictObject({ id: refSchema }),
    status: 204,
    errors: ['NOT_FOUND'],
  }),
};
