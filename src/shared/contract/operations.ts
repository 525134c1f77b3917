import { z } from 'zod';
import { defineOperation, defineStream } from './operation-definition.ts';
import { exportQuery, flagSchema, orderSchema, pageOf, pageQuery, refSchema, timeSchema } from './primitives.ts';
import { fieldsQuery } from './selection.ts';
import { startErrors } from './start-errors.ts';

export const actorSchema = z.object({
  type: z
    .enum(['key', 'session', 'desktop', 'module', 'policy', 'outside'])
    .describe('outside: seen, not done by CLOS'),
  id: z.string(),
  name: z.string(),
});
export type Actor = z.output<typeof actorSchema>;

export const subjectSchema = z.object({
  type: z.enum(['service', 'conflict', 'lease', 'operation', 'engine', 'module', 'webhook', 'route', 'system']),
  id: z.string(),
  name: z.string().nullable(),
});
export type Subject = z.output<typeof subjectSchema>;

export const operationStatuses = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const;

export const operationTypes = [
  'service.start',
  'service.stop',
  'service.restart',
  'service.delete',
  'service.adopt',
  'services.start',
  'conflict.resolve',
  'operation.undo',
] as const;

export const operationStepSchema = z.object({
  name: z.string().describe('What is done, as a sentence: "Create the container"'),
  status: z.enum(['planned', 'running', 'succeeded', 'failed', 'skipped']),
  detail: z.string().nullable(),
});
export type OperationStep = z.output<typeof operationStepSchema>;

/** The record of one command, and the handle of long work. A dry run is one that was never stored: its steps are planned. */
export const operationSchema = z.object({
  id: z.string(),
  type: z.enum(operationTypes),
  subject: subjectSchema,
  actor: actorSchema,
  status: z.enum(operationStatuses),
  dryRun: z.boolean(),
  progress: z.number().min(0).max(1),
  steps: z.array(operationStepSchema),
  conflicts: z.array(z.string()).describe('Ids of the conflicts that stopped it'),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  startedAt: timeSchema,
  finishedAt: timeSchema.nullable(),
  undoable: z.boolean().describe('What it changed can be put back: POST …/undo'),
});
export type Operation = z.output<typeof operationSchema>;
export type OperationType = Operation['type'];

export const operations = {
  list: defineOperation({
    id: 'operations.list',
    method: 'GET',
    path: '/api/v2/operations',
    summary: 'List the operations, newest first or oldest first',
    module: 'api',
    access: { permission: 'operations:read' },
    query: z.strictObject({
      ...pageQuery,
      subject: z.string().max(80).optional().describe('The id of a service or a conflict'),
      order: orderSchema.default('desc').describe('desc: newest first; asc: oldest first'),
      status: z.enum(operationStatuses).optional(),
      type: z.enum(operationTypes).optional(),
      actor: z.string().max(80).optional().describe('The id of whoever gave the command'),
      ...fieldsQuery(operationSchema),
    }),
    output: pageOf(operationSchema),
    errors: [],
  }),
  export: defineStream({
    id: 'operations.export',
    method: 'GET',
    path: '/api/v2/operations/export',
    summary: 'All operations, oldest first, as JSON Lines or CSV',
    module: 'api',
    access: { permission: 'operations:read' },
    query: z.strictObject({ ...exportQuery, subject: z.string().max(80).optional() }),
    output: operationSchema,
    csv: [
      'startedAt',
      'finishedAt',
      'type',
      'status',
      'subject.type',
      'subject.id',
      'subject.name',
      'actor.type',
      'actor.id',
      'actor.name',
      'error.code',
      'error.detail',
      'id',
    ],
    errors: [],
  }),
  get: defineOperation({
    id: 'operations.get',
    method: 'GET',
    path: '/api/v2/operations/{id}',
    summary: 'Show an operation',
    module: 'api',
    access: { permission: 'operations:read' },
    params: z.strictObject({ id: refSchema }),
    query: z.strictObject(fieldsQuery(operationSchema)),
    output: operationSchema,
    errors: ['OPERATION_NOT_FOUND'],
  }),
  cancel: defineOperation({
    id: 'operations.cancel',
    method: 'POST',
    path: '/api/v2/operations/{id}/cancel',
    summary: 'Have a running operation end: a pull at once, anything else before its next step',
    module: 'api',
    access: { permission: 'services:operate' },
    params: z.strictObject({ id: refSchema }),
    output: operationSchema,
    errors: ['OPERATION_NOT_FOUND', 'NOT_CANCELLABLE'],
  }),
  undo: defineOperation({
    id: 'operations.undo',
    method: 'POST',
    path: '/api/v2/operations/{id}/undo',
    summary: 'Put back what an operation changed: leases return, what it stopped is started again as it was',
    module: 'api',
    access: { permission: 'conflicts:resolve' },
    params: z.strictObject({ id: refSchema }),
    body: z.strictObject({ dryRun: flagSchema.default(false) }),
    output: operationSchema,
    accepted: true,
    idempotencyKey: true,
    errors: ['OPERATION_NOT_FOUND', 'NOT_UNDOABLE', ...startErrors],
  }),
};
