import { z } from 'zod';
import { defineOperation, defineStream } from './operation-definition.ts';
import { operationSchema } from './operations.ts';
import {
  addressSchema,
  durationSchema,
  flagSchema,
  nameSchema,
  pageOf,
  pageQuery,
  portSchema,
  protocolSchema,
  refSchema,
  sizeSchema,
  timeSchema,
} from './primitives.ts';

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

const mountSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('volume'),
    source: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, 'must be the name of a volume'),
    target: z.string().startsWith('/').max(4096),
    readOnly: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('bind'),
    source: z.string().startsWith('/').max(4096).describe('A folder of this machine; dangerous ones are refused'),
    target: z.string().startsWith('/').max(4096),
    readOnly: z.boolean().default(false),
  }),
]);

export const containerRuntimeSchema = z.strictObject({
  type: z.literal('container'),
  image: z
    .string()
    .max(255)
    .regex(/^[a-z0-9][a-zA-Z0-9._\-/:]*(@sha256:[0-9a-f]{64})?$/, 'must be an image reference such as "postgres:17"'),
  command: z.array(z.string().max(32_768)).max(256).optional(),
  workingDir: z.string().startsWith('/').max(4096).optional(),
  user: z
    .string()
    .max(64)
    .regex(/^[a-zA-Z0-9_.-]+(:[a-zA-Z0-9_.-]+)?$/)
    .optional(),
  mounts: z.array(mountSchema).max(64).default([]),
  init: z.boolean().default(true).describe('A tiny init as process 1, which forwards signals'),
  pull: z.enum(['missing', 'always', 'never']).default('missing'),
});

export const runtimeSchema = z.discriminatedUnion('type', [containerRuntimeSchema]);

export const endpointSchema = z.strictObject({
  name: nameSchema.default('http'),
  protocol: protocolSchema.default('tcp'),
  address: addressSchema.default('127.0.0.1').describe('Where the host port is bound; loopback unless asked otherwise'),
  containerPort: portSchema,
  hostPort: z
    .union([portSchema, z.literal('auto')])
    .default('auto')
    .describe('A number is wanted, "auto" takes one from the range'),
  range: nameSchema.optional().describe('The range that holds the wanted port, else "apis", unless named'),
});

export const healthCheckSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('http'),
    endpoint: nameSchema.optional().describe('The first endpoint unless named'),
    path: z.string().startsWith('/').max(2048).default('/'),
    interval: durationSchema.default('10s'),
    timeout: durationSchema.default('2s'),
    retries: z.int().min(1).max(100).default(3),
    startPeriod: durationSchema.default('5s'),
  }),
  z.strictObject({
    type: z.literal('tcp'),
    endpoint: nameSchema.optional(),
    interval: durationSchema.default('10s'),
    timeout: durationSchema.default('2s'),
    retries: z.int().min(1).max(100).default(3),
    startPeriod: durationSchema.default('5s'),
  }),
]);

export const restartSchema = z.strictObject({
  policy: z.enum(['no', 'on-failure', 'always']).default('no'),
  maxRetries: z.int().min(0).max(1000).default(5),
});

export const limitsSchema = z.strictObject({
  cpus: z.number().min(0.01).max(1024).optional(),
  memory: sizeSchema.optional(),
  pids: z.int().min(1).max(4_194_304).optional(),
});

const envSchema = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable'), z.string().max(131_072))
  .refine((env) => Object.keys(env).length <= 512, 'holds more than 512 variables');

export const onConflictSchema = z.enum(['ask', 'reassign']);

/** Each endpoint name once: leases, routes and templates refer to it. */
function uniqueEndpointNames(endpoints: Array<{ name: string }>, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, endpoint] of endpoints.entries()) {
    if (seen.has(endpoint.name)) {
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${endpoint.name}" stands here twice` });
    }
    seen.add(endpoint.name);
  }
}
const endpointsSchema = z.array(endpointSchema).max(32).superRefine(uniqueEndpointNames);

/** A service as it is asked for. */
export const serviceSpecSchema = z.strictObject({
  name: nameSchema,
  runtime: runtimeSchema,
  endpoints: endpointsSchema.default([]),
  env: envSchema.default({}),
  healthCheck: healthCheckSchema.nullable().default(null),
  restart: restartSchema.default({ policy: 'no', maxRetries: 5 }),
  limits: limitsSchema.default({}),
  onConflict: onConflictSchema.default('ask'),
});
export type ServiceSpec = z.output<typeof serviceSpecSchema>;
export type ServiceSpecInput = z.input<typeof serviceSpecSchema>;
export type ServiceEndpointSpec = ServiceSpec['endpoints'][number];

/** What may be changed of a service. Whole fields are replaced; the name is its identity and stays. */
export const servicePatchSchema = z.strictObject({
  runtime: runtimeSchema.optional(),
  endpoints: endpointsSchema.optional(),
  env: envSchema.optional(),
  healthCheck: healthCheckSchema.nullable().optional(),
  restart: restartSchema.optional(),
  limits: limitsSchema.optional(),
  onConflict: onConflictSchema.optional(),
});
export type ServicePatch = z.output<typeof servicePatchSchema>;

export const leaseSchema = z.object({
  id: z.string(),
  port: portSchema,
  protocol: protocolSchema,
  address: z.string(),
  since: timeSchema,
  reason: z.string().describe('Why this port: wanted, taken from the range, reassigned from another'),
});

/** What the runtime showed last. */
export const observedContainerSchema = z.object({
  containerId: z.string(),
  containerName: z.string(),
  state: z.string().describe("The engine's own word: created, running, paused, restarting, exited, dead"),
  pid: z.int().nullable(),
  startedAt: timeSchema.nullable(),
  exit: z.object({ code: z.int(), oomKilled: z.boolean(), at: timeSchema.nullable() }).nullable(),
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
  needsRestart: z.boolean().describe('The running container was made from an older revision'),
  runtime: containerRuntimeSchema.extend({ observed: observedContainerSchema.nullable() }).strip(),
  endpoints: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      protocol: protocolSchema,
      address: z.string(),
      containerPort: portSchema,
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
    errors: ['NAME_TAKEN', 'CONTAINER_POLICY', 'IDEMPOTENCY_KEY_REUSED'],
  }),
  list: defineOperation({
    id: 'services.list',
    method: 'GET',
    path: '/api/v2/services',
    summary: 'List the services',
    module: 'api',
    access: { permission: 'services:read' },
    query: z.strictObject({
      ...pageQuery,
      status: serviceStatusSchema.optional(),
      q: z.string().max(200).optional().describe('Part of the name, the image or a port'),
      sort: z.enum(['name', '-name', 'createdAt', '-createdAt', 'status', '-status']).default('name'),
    }),
    output: pageOf(serviceSchema),
    errors: [],
  }),
  get: defineOperation({
    id: 'services.get',
    method: 'GET',
    path: '/api/v2/services/{id}',
    summary: 'Show a service',
    module: 'api',
    access: { permission: 'services:read' },
    params,
    output: serviceSchema,
    errors: ['SERVICE_NOT_FOUND'],
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
    errors: ['SERVICE_NOT_FOUND', 'PRECONDITION_FAILED', 'PRECONDITION_REQUIRED', 'SERVICE_BUSY', 'CONTAINER_POLICY'],
  }),
  delete: defineOperation({
    id: 'services.delete',
    method: 'DELETE',
    path: '/api/v2/services/{id}',
    summary: 'Stop a service, remove its container, free its leases, keep its history',
    module: 'api',
    access: { permission: 'services:write' },
    params,
    output: operationSchema,
    accepted: true,
    ifMatch: 'optional',
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'PRECONDITION_FAILED',
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
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'PORT_CONFLICT',
      'RANGE_EXHAUSTED',
      'CONTAINER_POLICY',
      'IMAGE_NOT_FOUND',
      'CONTAINER_NOT_FOUND',
      'CONTAINER_NAME_TAKEN',
      'CONTAINER_FAILED',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
      'IDEMPOTENCY_KEY_REUSED',
    ],
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
      'CONTAINER_NOT_FOUND',
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
    errors: [
      'SERVICE_NOT_FOUND',
      'SERVICE_BUSY',
      'PORT_CONFLICT',
      'RANGE_EXHAUSTED',
      'CONTAINER_POLICY',
      'IMAGE_NOT_FOUND',
      'CONTAINER_NOT_FOUND',
      'CONTAINER_NAME_TAKEN',
      'CONTAINER_FAILED',
      'ENGINE_UNAVAILABLE',
      'ENGINE_TIMEOUT',
      'ENGINE_ERROR',
      'IDEMPOTENCY_KEY_REUSED',
    ],
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
    errors: ['SERVICE_NOT_FOUND', 'CONTAINER_NOT_FOUND', 'ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT', 'ENGINE_ERROR'],
  }),
};
