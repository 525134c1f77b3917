import { z } from 'zod';
import { detectedConflictSchema, holderSchema } from './conflicts.ts';
import { defineOperation } from './operation-definition.ts';
import { addressSchema, nameSchema, pageOf, pageQuery, portSchema, protocolSchema, timeSchema } from './primitives.ts';

export const rangeSchema = z.object({ name: nameSchema, first: portSchema, last: portSchema });
export type Range = z.output<typeof rangeSchema>;

export const leaseRowSchema = z.object({
  id: z.string(),
  port: portSchema,
  protocol: protocolSchema,
  address: z.string(),
  since: timeSchema,
  reason: z.string(),
  range: z.string(),
  service: z.object({ id: z.string(), name: z.string() }),
  endpoint: z.string(),
});
export type LeaseRow = z.output<typeof leaseRowSchema>;

/** A socket observed on this host, with who it belongs to. */
export const listenerSchema = z.object({
  protocol: protocolSchema,
  address: z.string(),
  port: portSchema,
  holder: holderSchema,
});

export const portReportSchema = z.object({
  port: portSchema,
  free: z.boolean().describe('Nothing listens, leases or claims it'),
  listeners: z.array(listenerSchema),
  leases: z.array(leaseRowSchema),
  claims: z.array(
    z.object({
      protocol: protocolSchema,
      address: z.string(),
      container: z.object({ id: z.string(), name: z.string(), image: z.string(), state: z.string() }),
    }),
  ),
});
export type PortReport = z.output<typeof portReportSchema>;

export const suggestionSchema = z.object({ port: portSchema, range: z.string().nullable(), reason: z.string() });
export type Suggestion = z.output<typeof suggestionSchema>;

const read = { method: 'GET', module: 'api', access: { permission: 'ports:read' } } as const;

export const ports = {
  leases: defineOperation({
    ...read,
    id: 'ports.leases',
    path: '/api/v2/ports/leases',
    summary: 'List the leases by port',
    query: z.strictObject(pageQuery),
    output: pageOf(leaseRowSchema),
    errors: [],
  }),
  ranges: defineOperation({
    ...read,
    id: 'ports.ranges',
    path: '/api/v2/ports/ranges',
    summary: 'List the ranges',
    output: z.object({ items: z.array(rangeSchema) }),
    errors: [],
  }),
  check: defineOperation({
    id: 'ports.check',
    method: 'POST',
    path: '/api/v2/ports/check',
    summary: 'Ask whether ports could be taken now; writes nothing',
    module: 'api',
    access: { permission: 'ports:read' },
    body: z.strictObject({
      endpoints: z
        .array(
          z.strictObject({
            protocol: protocolSchema.default('tcp'),
            address: addressSchema.default('127.0.0.1'),
            port: portSchema,
          }),
        )
        .min(1)
        .max(1000),
    }),
    output: z.object({ conflicts: z.array(detectedConflictSchema) }),
    errors: [],
  }),
  suggest: defineOperation({
    ...read,
    id: 'ports.suggest',
    path: '/api/v2/ports/suggest',
    summary: 'What is free near a port',
    query: z.strictObject({
      near: z.coerce.number().int().min(1).max(65_535),
      count: z.coerce.number().int().min(1).max(100).default(3),
    }),
    output: z.object({ items: z.array(suggestionSchema) }),
    errors: [],
  }),
  who: defineOperation({
    ...read,
    id: 'ports.who',
    path: '/api/v2/ports/{port}',
    summary: 'Who holds a port: listeners, leases, claims',
    params: z.strictObject({ port: z.coerce.number().int().min(1).max(65_535) }),
    output: portReportSchema,
    errors: [],
  }),
};
