import { z } from 'zod';
import { defineOperation, defineStream } from './operation-definition.ts';
import { operationSchema } from './operations.ts';
import {
  atQuery,
  flagSchema,
  momentSchema,
  nameSchema,
  pageOf,
  pageQuery,
  portSchema,
  protocolSchema,
  refSchema,
  timeSchema,
} from './primitives.ts';
import { schemeSchema } from './schemes.ts';
import { fieldsQuery } from './selection.ts';
import {
  containerRuntimeSchema,
  externalRuntimeSchema,
  healthCheckSchema,
  onConflictSchema,
  processRuntimeSchema,
  restartSchema,
  servicePatchSchema,
  serviceSpecSchema,
} from './service-spec.ts';
import { startErrors } from './start-errors.ts';

export const serviceStatuses = [
  'created',
  'starting',
  'running',
  'unhealthy',
  'stopping',
  'stopped',
  'failed',
  'unknown',
] as const;
export const serviceStatusSchema = z.enum(serviceStatuses);
export type ServiceStatus = z.output<typeof serviceStatusSchema>;

export const healthSchema = z.enum(['none', 'starting', 'healthy', 'unhealthy']);
export type Health = z.output<typeof healthSchema>;

export const leaseSchema = z.object({
  id: z.string(),
  port: portSchema,
  protocol: protocolSchema,
  address: z.string(),
  since: timeSchema,
  reason: z.string().describe('Why this port: wanted, taken from the range, reassigned from another'),
});

/** What the engine showed last of a service's container. */
export const observedContainerSchema = z.object({
  containerId: z.string(),
  containerName: z.string(),
  state: z.string().describe("The engine's own word: created, running, paused, restarting, exited, dead"),
  pid: z.int().nullable(),
  startedAt: timeSchema.nullable(),
  exit: z.object({ code: z.int(), oomKilled: z.boolean(), at: timeSchema.nullable() }).nullable(),
  adopted: z.boolean().describe('CLOS did not make this container: it was taken over as it ran'),
  observedAt: timeSchema,
});

/** What was seen last of a service's process. */
export const observedProcessSchema = z.object({
  pid: z.int(),
  state: z.enum(['running', 'exited']),
  startedAt: timeSchema,
  exit: z
    .object({ code: z.int().nullable(), signal: z.string().nullable(), at: timeSchema })
    .nullable()
    .describe('Null while it runs, and when nobody saw how it ended'),
  adopted: z
    .boolean()
    .describe('CLOS did not start this process: it was taken over as it ran, so its output is not here'),
  observedAt: timeSchema,
});

/** Who answers on the ports of a service that CLOS only watches. */
export const observedExternalSchema = z.object({
  answering: z.boolean(),
  pid: z.int().nullable(),
  name: z.string().nullable(),
  observedAt: timeSchema,
});

export const serviceSchema = z.object({
  id: z.string(),
  name: z.string(),
  instance: z.string(),
  status: serviceStatusSchema,
  statusReason: z.string().nullable().describe('A sentence: "exit 1", "the engine is away", …'),
  statusSince: timeSchema,
  health: healthSchema,
  desired: z.enum(['running', 'stopped']),
  needsRestart: z.boolean().describe('What runs was made from an older revision, or from other ports'),
  waits: z.boolean().describe('It starts by itself as soon as its ports can be had'),
  runtime: z.discriminatedUnion('type', [
    containerRuntimeSchema.extend({ observed: observedContainerSchema.nullable() }).strip(),
    processRuntimeSchema.extend({ observed: observedProcessSchema.nullable() }).strip(),
    externalRuntimeSchema.extend({ observed: observedExternalSchema.nullable() }).strip(),
  ]),
  endpoints: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      protocol: protocolSchema,
      scheme: schemeSchema,
      address: z.string(),
      containerPort: portSchema.nullable().describe('The port inside; null outside of containers'),
      hostPort: z.union([portSchema, z.literal('auto')]),
      range: z.string(),
      lease: leaseSchema.nullable(),
      url: z.string().nullable().describe('Where it answers now; null before the first lease'),
    }),
  ),
  env: z.record(z.string(), z.string()),
  healthCheck: healthCheckSchema.nullable(),
  restart: restartSchema.strip(),
  limits: z.object({ cpus: z.number().optional(), memory: z.int().optional(), pids: z.int().optional() }),
  onConflict: onConflictSchema,
  startOnVisit: z.boolean(),
  revision: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Service = z.output<typeof serviceSchema>;

export const logLineSchema = z.object({
  stream: z.enum(['stdout', 'stderr']),
  time: timeSchema.nullable(),
  line: z.string(),
});
export type LogLine = z.output<typeof logLineSchema>;

/** What shall be adopted: whoever listens on a port, a process by its number, or a container by its id or name. */
const adoptRequestSchema = z
  .strictObject({
    port: portSchema.optional(),
    protocol: protocolSchema.default('tcp'),
    pid: z.int().min(2).optional(),
    container: z.string().min(1).max(128).optional(),
    name: nameSchema.optional().describe("The service's name; the project's or the program's unless given"),
    dryRun: flagSchema.default(false),
  })
  .superRefine(({ port, pid, container }, context) => {
    if ([port, pid, container].filter((one) => one !== undefined).length === 1) return;
    context.addIssue({ code: 'custom', path: ['port'], message: 'give one of port, pid and container' });
  });
export type AdoptRequest = z.output<typeof adoptRequestSchema>;

const params = z.strictObject({ id: refSchema });
const command = {
  method: 'POST',
  module: 'api',
  access: { permission: 'services:operate' },
  params,
  output: operationSchema,
  accepted: true,
  idempotencyKey: true,
} as const;

/** A plan changes nothing: what would be done, and which conflicts stand in the way, is in the operation's steps. */
const commandQuery = z.strictObject({ dryRun: flagSchema.optional() });

export const services = {
  create: defineOperation({
    id: 'services.create',
    method: 'POST',
    path: '/api/v2/services',
    summary: 'Register a service',
    module: 'api',
    access: { permission: 'services:write' },
    body: serviceSpecSchema,
    output: serviceSchema,
    status: 201,
    idempotencyKey: true,
    errors: ['NAME_TAKEN', 'PORT_CONFLICT', 'CONTAINER_POLICY', 'IDEMPOTENCY_KEY_REUSED'],
  }),
  adopt: defineOperation({
    id: 'services.adopt',
    method: 'POST',
    path: '/api/v2/services/adopt',
    summary:
      'Make a service of what runs already: the program that listens on a port, or a container; it goes on running',
    module: 'api',
    access: { permission: 'services:write' },
    body: adoptRequestSchema,
    output: operationSchema,
    accepted: true,
    idempotencyKey: true,
    errors: [
      'LISTENER_NOT_FOUND',
      'CONTAINER_NOT_FOUND',
      'NAME_TAKEN',
      'LEASE_IN_USE',
      'PROCESS_GONE',
      'PROCESS_PROTECTED',
      'PROCESS_UNREADABLE',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
      'IDEMPOTENCY_KEY_REUSED',
    ],
  }),
  startMany: defineOperation({
    id: 'services.startMany',
    method: 'POST',
    path: '/api/v2/services/start',
    summary: 'Start several services with the fewest changes: one plan for the ports of all of them',
    module: 'api',
    access: { permission: 'services:operate' },
    body: z.strictObject({ services: z.array(refSchema).min(1).max(200), dryRun: flagSchema.default(false) }),
    output: operationSchema,
    accepted: true,
    idempotencyKey: true,
    errors: ['SERVICE_NOT_FOUND', ...startErrors],
  }),
  list: defineOperation({
    id: 'services.list',
    method: 'GET',
    path: '/api/v2/services',
    summary: 'List the services, as they are or as they were',
    module: 'api',
    access: { permission: 'services:read' },
    query: z.strictObject({
      ...pageQuery,
      status: serviceStatusSchema.optional(),
      health: healthSchema.optional(),
      runtime: z.enum(['container', 'process', 'external']).optional(),
      q: z.string().max(200).optional().describe('Part of the name, the image or a port'),
      sort: z
        .enum(['name', '-name', 'createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'status', '-status'])
        .default('name'),
      at: momentSchema.optional(),
      ...fieldsQuery(serviceSchema),
    }),
    output: pageOf(serviceSchema),
    errors: ['HISTORY_NOT_KEPT', 'READS_BUSY', 'READ_TIMEOUT'],
  }),
  get: defineOperation({
    id: 'services.get',
    method: 'GET',
    path: '/api/v2/services/{id}',
    summary: 'Show a service, as it is or as it was',
    module: 'api',
    access: { permission: 'services:read' },
    params,
    query: z.strictObject({ ...atQuery, ...fieldsQuery(serviceSchema) }),
    output: serviceSchema,
    errors: ['SERVICE_NOT_FOUND', 'HISTORY_NOT_KEPT'],
  }),
  update: defineOperation({
    id: 'services.update',
    method: 'PATCH',
    path: '/api/v2/services/{id}',
    summary: 'Change a service; a running one shows needsRestart until it was started again',
    module: 'api',
    access: { permission: 'services:write' },
    params,
    body: servicePatchSchema,
    output: serviceSchema,
    ifMatch: 'required',
    errors: [
      'SERVICE_NOT_FOUND',
      'PRECONDITION_FAILED',
      'PRECONDITION_REQUIRED',
      'SERVICE_BUSY',
      'OPERATION_CANCELLED',
      'CONTAINER_POLICY',
      'PORT_CONFLICT',
    ],
  }),
  delete: defineOperation({
    id: 'services.delete',
    method: 'DELETE',
    path: '/api/v2/services/{id}',
    summary: 'Stop a service, remove what it ran in, free its leases, keep its history',
    module: 'api',
    access: { permission: 'services:write' },
    params,
    output: operationSchema,
    accepted: true,
    ifMatch: 'optional',
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'OPERATION_CANCELLED',
      'PRECONDITION_FAILED',
      'PROCESS_STUCK',
      'PROCESS_GONE',
      'PROCESS_PROTECTED',
      'NOT_DRIVEN',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
    ],
  }),
  start: defineOperation({
    ...command,
    id: 'services.start',
    path: '/api/v2/services/{id}/start',
    summary: 'Check every port, then start the service',
    query: commandQuery,
    errors: ['SERVICE_NOT_FOUND', ...startErrors],
  }),
  stop: defineOperation({
    ...command,
    id: 'services.stop',
    path: '/api/v2/services/{id}/stop',
    summary: 'Stop the service; its leases stay',
    query: commandQuery,
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'OPERATION_CANCELLED',
      'CONTAINER_NOT_FOUND',
      'PROCESS_STUCK',
      'PROCESS_GONE',
      'PROCESS_PROTECTED',
      'NOT_DRIVEN',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
      'IDEMPOTENCY_KEY_REUSED',
    ],
  }),
  restart: defineOperation({
    ...command,
    id: 'services.restart',
    path: '/api/v2/services/{id}/restart',
    summary: 'Stop the service and start it again, from its present revision',
    query: commandQuery,
    errors: ['SERVICE_NOT_FOUND', ...startErrors],
  }),
  logs: defineStream({
    id: 'services.logs',
    method: 'GET',
    path: '/api/v2/services/{id}/logs',
    summary: "Read or follow the service's output, one JSON line each",
    module: 'api',
    access: { permission: 'services:read' },
    params,
    query: z.strictObject({
      follow: flagSchema.optional(),
      since: timeSchema.optional(),
      tail: z.coerce.number().int().min(0).max(100_000).default(1000),
    }),
    output: logLineSchema,
    errors: [
      'SERVICE_NOT_FOUND',
      'CONTAINER_NOT_FOUND',
      'NOT_DRIVEN',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
    ],
  }),
};
