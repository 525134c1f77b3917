import { z } from 'zod';
import { defineOperation } from './operation-definition.ts';
import { operationSchema } from './operations.ts';
import {
  atQuery,
  flagSchema,
  orderSchema,
  pageOf,
  pageQuery,
  portSchema,
  protocolSchema,
  refSchema,
  timeSchema,
} from './primitives.ts';
import { fieldsQuery } from './selection.ts';
import { startErrors } from './start-errors.ts';

export const conflictKinds = [
  'lease',
  'container',
  'stopped-container',
  'process',
  'clos',
  'shadowed',
  'reserved',
  'temporary',
  'not-answering',
] as const;
export type ConflictKind = (typeof conflictKinds)[number];

export const wantedSchema = z.object({
  service: z.string().nullable(),
  serviceId: z.string().nullable(),
  endpoint: z.string().nullable(),
  protocol: protocolSchema,
  address: z.string(),
  port: portSchema,
});

/** Who holds the port. What is not known, or does not apply, is null. */
export const holderSchema = z.object({
  type: z.enum(['service', 'container', 'process', 'clos', 'system', 'unknown']),
  name: z.string(),
  pid: z.int().nullable(),
  identity: z.string().nullable().describe('What makes the process this one: number, start and boot'),
  command: z.string().nullable(),
  user: z.string().nullable(),
  since: timeSchema.nullable(),
  container: z.object({ id: z.string(), name: z.string(), image: z.string(), state: z.string() }).nullable(),
  service: z.object({ id: z.string(), name: z.string() }).nullable(),
  project: z.string().nullable(),
  checkout: z.object({ root: z.string(), branch: z.string().nullable() }).nullable(),
  protected: z.boolean(),
});
export type Holder = z.output<typeof holderSchema>;

export const evidenceSchema = z.object({
  source: z.enum(['lease', 'engine', 'listener', 'probe', 'clos', 'system']),
  detail: z.string(),
});
export type Evidence = z.output<typeof evidenceSchema>;

export const conflictOptionSchema = z.object({
  id: z.string(),
  strategy: z.enum(['reassign', 'stop-service', 'stop-container', 'end-process', 'wait', 'adopt', 'change-address']),
  title: z.string(),
  steps: z.array(z.string()),
  affects: z.array(z.string()).describe('Names of other services that the option touches'),
  risk: z.enum(['none', 'low', 'high']),
  reversible: z.boolean(),
  recommended: z.boolean(),
  command: z.string().describe('The same on the command line'),
  port: portSchema.nullable().describe('reassign: the port that would be leased'),
  address: z.string().nullable().describe('change-address: the address that would be bound'),
});
export type ConflictOption = z.output<typeof conflictOptionSchema>;

export const conflictSchema = z.object({
  id: z.string(),
  kind: z.enum(conflictKinds),
  severity: z.enum(['blocking', 'warning']),
  wanted: wantedSchema,
  holder: holderSchema,
  evidence: z.array(evidenceSchema),
  options: z.array(conflictOptionSchema),
  state: z.enum(['open', 'resolved', 'cleared']),
  detectedAt: timeSchema,
  closedAt: timeSchema.nullable(),
});
export type Conflict = z.output<typeof conflictSchema>;

/** The command that applies an option. Before a conflict is recorded it has no id to name. */
export function resolveCommand(conflictId: string | null, optionId: string): string {
  return `clos resolve ${conflictId ?? 'CONFLICT'} --option ${optionId}`;
}

/** A conflict that was found but not recorded: a check asks, it does not write. */
export const detectedConflictSchema = conflictSchema.omit({ id: true, state: true, detectedAt: true, closedAt: true });
export type DetectedConflict = z.output<typeof detectedConflictSchema>;

export const conflicts = {
  list: defineOperation({
    id: 'conflicts.list',
    method: 'GET',
    path: '/api/v2/conflicts',
    summary: 'List the conflicts, newest first or oldest first',
    module: 'api',
    access: { permission: 'conflicts:read' },
    query: z.strictObject({
      ...pageQuery,
      order: orderSchema.default('desc').describe('desc: newest first; asc: oldest first'),
      state: z.enum(['open', 'resolved', 'cleared']).optional(),
      kind: z.enum(conflictKinds).optional(),
      service: z.string().max(80).optional().describe('The id of the service that wants the port'),
      ...fieldsQuery(conflictSchema),
    }),
    output: pageOf(conflictSchema),
    errors: [],
  }),
  get: defineOperation({
    id: 'conflicts.get',
    method: 'GET',
    path: '/api/v2/conflicts/{id}',
    summary: 'Show a conflict, as it is or as it was',
    module: 'api',
    access: { permission: 'conflicts:read' },
    params: z.strictObject({ id: refSchema }),
    query: z.strictObject({ ...atQuery, ...fieldsQuery(conflictSchema) }),
    output: conflictSchema,
    errors: ['CONFLICT_NOT_FOUND', 'HISTORY_NOT_KEPT'],
  }),
  resolve: defineOperation({
    id: 'conflicts.resolve',
    method: 'POST',
    path: '/api/v2/conflicts/{id}/resolve',
    summary:
      'Apply one option of a conflict and, where that frees the way, start the service that was kept from starting',
    module: 'api',
    access: { permission: 'conflicts:resolve' },
    params: z.strictObject({ id: refSchema }),
    body: z.strictObject({ option: z.string().min(1).max(80), dryRun: flagSchema.default(false) }),
    output: operationSchema,
    accepted: true,
    idempotencyKey: true,
    errors: [
      'CONFLICT_NOT_FOUND',
      'CONFLICT_CLOSED',
      'OPTION_NOT_FOUND',
      'LISTENER_NOT_FOUND',
      'NAME_TAKEN',
      'LEASE_IN_USE',
      'PROCESS_UNREADABLE',
      ...startErrors,
    ],
  }),
};
