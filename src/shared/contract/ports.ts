import { z } from 'zod';
import { detectedConflictSchema, holderSchema } from './conflicts.ts';
import { defineOperation } from './operation-definition.ts';
import {
  addressSchema,
  nameSchema,
  pageOf,
  pageQuery,
  portSchema,
  protocolSchema,
  refSchema,
  timeSchema,
} from './primitives.ts';
import { fieldsQuery } from './selection.ts';

export const rangeSchema = z.object({ name: nameSchema, first: portSchema, last: portSchema });
export type Range = z.output<typeof rangeSchema>;

export const leaseRowSchema = z.object({
  id: z.string(),
  port: portSchema,
  protocol: protocolSchema,
  address: z.string(),
  since: timeSchema,
  reason: z.string(),
  range: z.string().nullable(),
  service: z
    .object({ id: z.string(), name: z.string() })
    .nullable()
    .describe('Null: reserved for nobody in particular'),
  endpoint: z.string().nullable(),
  note: z.string().nullable().describe('What a reservation is for'),
});
export type LeaseRow = z.output<typeof leaseRowSchema>;

/** A socket observed on this host, with who it belongs to. */
export const listenerSchema = z.object({
  protocol: protocolSchema,
  address: z.string(),
  port: portSchema,
  holder: holderSchema,
});

const containerClaimSchema = z.object({
  protocol: protocolSchema,
  address: z.string(),
  container: z.object({ id: z.string(), name: z.string(), image: z.string(), state: z.string() }),
});

export const portReportSchema = z.object({
  port: portSchema,
  free: z.boolean().describe('Nothing listens, leases or claims it'),
  listeners: z.array(listenerSchema),
  leases: z.array(leaseRowSchema),
  claims: z.array(containerClaimSchema),
  clos: z.string().nullable().describe('Which part of CLOS itself has it'),
  range: z.string().nullable(),
  notes: z.array(z.string()).describe('What else is to know: the ephemeral range, an excluded range, a privilege'),
});
export type PortReport = z.output<typeof portReportSchema>;

export const namedPortReportSchema = portReportSchema.extend({
  routes: z.array(z.object({ id: z.string(), url: z.string() })).describe('The routes that lead to what leases it'),
});
export type NamedPortReport = z.output<typeof namedPortReportSchema>;

/**
 * What a port is, for a map of them: `leased` by a service, `listening` without a lease, `claimed` by a container that does not
 * run, `reserved` by a person, `contested` when somebody holds what another one leases, `clos` for our own.
 */
export const portStates = ['leased', 'listening', 'claimed', 'reserved', 'contested', 'clos'] as const;

export const portRowSchema = z.object({
  port: portSchema,
  protocol: protocolSchema,
  state: z.enum(portStates),
  range: z.string().nullable(),
  label: z.string().describe('In one word: the service, container, program or part of CLOS'),
  listening: z.boolean(),
  addresses: z.array(z.string()),
  lease: leaseRowSchema.nullable(),
  holder: holderSchema.nullable(),
});
export type PortRow = z.output<typeof portRowSchema>;

export const suggestionSchema = z.object({ port: portSchema, range: z.string().nullable(), reason: z.string() });
export type Suggestion = z.output<typeof suggestionSchema>;

/** Names once, first before last, no port in two ranges: a port belongs to one range. */
function findRangeIssues(items: readonly Range[]): Array<{ path: Array<string | number>; message: string }> {
  return items.flatMap((range, index) => {
    const at = (field: string, message: string) => ({ path: ['items', index, field], message });
    const issues = range.first > range.last ? [at('last', `must be at least ${range.first}`)] : [];
    for (const earlier of items.slice(0, index)) {
      if (earlier.name === range.name) issues.push(at('name', `"${range.name}" stands here twice`));
      else if (range.first <= earlier.last && earlier.first <= range.last)
        issues.push(at('first', `shares ports with "${earlier.name}" (${earlier.first}-${earlier.last})`));
    }
    return issues;
  });
}

const read = { method: 'GET', module: 'api', access: { permission: 'ports:read' } } as const;

export const ports = {
  leases: defineOperation({
    ...read,
    id: 'ports.leases',
    path: '/api/v2/ports/leases',
    summary: 'List the leases',
    query: z.strictObject({
      ...pageQuery,
      sort: z.enum(['port', '-port', 'since', '-since']).default('port'),
      protocol: protocolSchema.optional(),
      range: z.string().max(80).optional().describe('Only leases that were taken from this range'),
      service: z.string().max(80).optional().describe('The id of the service that has the lease'),
      ...fieldsQuery(leaseRowSchema),
    }),
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
  putRanges: defineOperation({
    id: 'ports.putRanges',
    method: 'PUT',
    path: '/api/v2/ports/ranges',
    summary: 'Replace the ranges; a lease that is given already stays where it is',
    module: 'api',
    access: { permission: 'ports:write' },
    body: z
      .strictObject({ items: z.array(z.strictObject(rangeSchema.shape)).min(1).max(100) })
      .superRefine(({ items }, context) => {
        for (const { path, message } of findRangeIssues(items)) context.addIssue({ code: 'custom', path, message });
      }),
    output: z.object({ items: z.array(rangeSchema) }),
    errors: ['RANGE_IN_USE'],
  }),
  lease: defineOperation({
    id: 'ports.lease',
    method: 'POST',
    path: '/api/v2/ports/leases',
    summary: 'Give an endpoint a port of your choice, or reserve one for nobody in particular',
    module: 'api',
    access: { permission: 'ports:write' },
    body: z
      .strictObject({
        service: refSchema.optional(),
        endpoint: nameSchema.optional().describe('The first one unless named'),
        port: z.union([portSchema, z.literal('auto')]).default('auto'),
        protocol: protocolSchema.optional().describe("A reservation's; tcp unless given"),
        range: nameSchema.optional().describe('Where "auto" takes a reservation from; apis unless named'),
        note: z.string().max(200).optional().describe('What a reservation is for'),
      })
      .superRefine(({ service, endpoint, protocol, range, note }, context) => {
        const misplaced = service === undefined ? { endpoint } : { protocol, range, note };
        for (const [field, value] of Object.entries(misplaced)) {
          if (value === undefined) continue;
          const message = service === undefined ? 'needs a service' : "is the endpoint's own";
          context.addIssue({ code: 'custom', path: [field], message });
        }
      }),
    output: leaseRowSchema,
    status: 201,
    idempotencyKey: true,
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'NOT_FOUND',
      'PORT_CONFLICT',
      'RANGE_EXHAUSTED',
      'IDEMPOTENCY_KEY_REUSED',
    ],
  }),
  release: defineOperation({
    id: 'ports.release',
    method: 'DELETE',
    path: '/api/v2/ports/leases/{id}',
    summary: 'Give a port back; the lease of a running service is refused',
    module: 'api',
    access: { permission: 'ports:write' },
    params: z.strictObject({ id: refSchema }),
    status: 204,
    errors: ['LEASE_NOT_FOUND', 'LEASE_IN_USE', 'SERVICE_BUSY'],
  }),
  listeners: defineOperation({
    ...read,
    volatile: true,
    id: 'ports.listeners',
    path: '/api/v2/ports/listeners',
    summary: 'Every socket that listens on this machine, with who is behind it',
    query: z.strictObject({
      port: z.coerce.number().int().min(1).max(65_535).optional(),
      protocol: protocolSchema.optional(),
    }),
    output: z.object({
      items: z.array(listenerSchema),
      limitation: z.string().nullable().describe('What this system cannot show'),
      observedAt: timeSchema,
    }),
    errors: [],
  }),
  map: defineOperation({
    ...read,
    volatile: true,
    id: 'ports.map',
    path: '/api/v2/ports/map',
    summary: 'Every port that somebody leases, holds, claims or has reserved',
    output: z.object({
      items: z.array(portRowSchema),
      limitation: z.string().nullable().describe('What this system cannot show'),
      observedAt: timeSchema,
    }),
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
    volatile: true,
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
    volatile: true,
    id: 'ports.who',
    path: '/api/v2/ports/{port}',
    summary: 'Who holds a port: listeners, leases, claims, and the names that lead there',
    params: z.strictObject({ port: z.coerce.number().int().min(1).max(65_535) }),
    output: namedPortReportSchema,
    errors: [],
  }),
};
