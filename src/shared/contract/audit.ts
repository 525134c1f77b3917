import { z } from 'zod';
import { defineOperation, defineStream } from './operation-definition.ts';
import { actorSchema } from './operations.ts';
import { exportQuery, orderSchema, pageOf, pageQuery, timeSchema } from './primitives.ts';
import { fieldsQuery } from './selection.ts';

export const auditEntrySchema = z.object({
  id: z.string(),
  time: timeSchema,
  actor: actorSchema,
  action: z.string().describe('The operation that was called, such as services.start'),
  subject: z.string().nullable().describe('What the path names: an id, a name or a port'),
  method: z.string(),
  path: z.string().describe('Without its query'),
  status: z.int().describe('The status of the answer'),
  code: z.string().nullable().describe('Why it was refused or failed'),
  trace: z.string().describe('The request: events that followed from it name it too'),
  source: z.object({
    via: z.enum(['socket', 'tcp', 'desktop']),
    address: z.string().nullable().describe('Of a connection over TCP, also of one that the gateway passed on'),
    agent: z.string().nullable().describe('What the program calls itself'),
  }),
  ms: z.number().describe('How long the answer took'),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;

const filter = {
  actor: z.string().max(80).optional().describe('The id of who asked'),
  action: z.string().max(80).optional(),
  subject: z.string().max(80).optional(),
  outcome: z.enum(['done', 'refused', 'failed']).optional().describe('By the status: 2xx, 4xx, 5xx'),
  trace: z.string().max(80).optional(),
  since: timeSchema.optional(),
  until: timeSchema.optional(),
};

export const audit = {
  list: defineOperation({
    id: 'audit.list',
    method: 'GET',
    path: '/api/v2/audit',
    summary: 'Who asked for which change, from where and with what outcome',
    module: 'api',
    access: { permission: 'audit:read' },
    query: z.strictObject({
      ...pageQuery,
      order: orderSchema.default('desc'),
      ...filter,
      ...fieldsQuery(auditEntrySchema),
    }),
    output: pageOf(auditEntrySchema),
    errors: [],
  }),
  export: defineStream({
    id: 'audit.export',
    method: 'GET',
    path: '/api/v2/audit/export',
    summary: 'The same as a whole, oldest first, as JSON Lines or CSV',
    module: 'api',
    access: { permission: 'audit:read' },
    query: z.strictObject({ ...exportQuery, ...filter }),
    output: auditEntrySchema,
    csv: [
      'time',
      'actor.type',
      'actor.id',
      'actor.name',
      'action',
      'subject',
      'method',
      'path',
      'status',
      'code',
      'source.via',
      'source.address',
      'source.agent',
      'trace',
      'ms',
      'id',
    ],
    errors: [],
  }),
};
