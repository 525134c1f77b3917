import { z } from 'zod';
import type { InputIssue } from './clos-error.ts';
import { addressSchema, durationSchema, nameSchema, portSchema, protocolSchema, sizeSchema } from './primitives.ts';
import { schemeSchema } from './schemes.ts';
import { findTemplateIssues } from './templates.ts';

/** Text that may hold templates: one that is not well-formed is refused where it stands. */
function templateTextSchema(text: z.ZodString) {
  return text.superRefine((value, context) => {
    for (const message of findTemplateIssues(value)) context.addIssue({ code: 'custom', message });
  });
}

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
  command: z
    .array(templateTextSchema(z.string().max(32_768)))
    .max(256)
    .optional(),
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

export const processRuntimeSchema = z.strictObject({
  type: z.literal('process'),
  command: z
    .array(templateTextSchema(z.string().max(32_768)))
    .min(1)
    .max(256)
    .describe(
      'The program and its arguments, never through a shell; templates such as ${endpoints.http.port} are filled in',
    ),
  cwd: z
    .string()
    .max(4096)
    .regex(/^(\/|[A-Za-z]:[\\/])/, 'must be an absolute path')
    .describe('The folder that it runs in'),
});

/** Something that CLOS only watches: it neither starts nor stops it, but keeps its ports and tells whether it answers. */
export const externalRuntimeSchema = z.strictObject({ type: z.literal('external') });

export const runtimeSchema = z.discriminatedUnion('type', [
  containerRuntimeSchema,
  processRuntimeSchema,
  externalRuntimeSchema,
]);
export type RuntimeType = z.output<typeof runtimeSchema>['type'];

export const endpointSchema = z.strictObject({
  name: nameSchema.default('http'),
  protocol: protocolSchema.default('tcp'),
  scheme: schemeSchema.default('auto'),
  address: addressSchema.default('127.0.0.1').describe('Where the host port is bound; loopback unless asked otherwise'),
  containerPort: portSchema.optional().describe('The port inside; containers only'),
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
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable'),
    templateTextSchema(z.string().max(131_072)),
  )
  .refine((env) => Object.keys(env).length <= 512, 'holds more than 512 variables');

/** What happens when a port that a start wants is taken. */
export const conflictPolicies = ['ask', 'reassign', 'takeover', 'wait'] as const;
export const conflictPolicySchema = z.enum(conflictPolicies);
export type ConflictPolicy = z.output<typeof conflictPolicySchema>;

export const onConflictSchema = z
  .enum(['default', ...conflictPolicies])
  .describe('default: what the settings say for all services');

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

const startOnVisitSchema = z
  .boolean()
  .describe('A visit to its name in a browser starts it; only the visit of a page does, never a request of one');

const serviceSpecFields = z.strictObject({
  name: nameSchema,
  runtime: runtimeSchema,
  endpoints: endpointsSchema.default([]),
  env: envSchema.default({}),
  healthCheck: healthCheckSchema.nullable().default(null),
  restart: restartSchema.default({ policy: 'no', maxRetries: 5 }),
  limits: limitsSchema.default({}),
  onConflict: onConflictSchema.default('default'),
  startOnVisit: startOnVisitSchema.default(false),
});

/**
 * What does not fit together in a specification whose parts are well-formed: a container's endpoint needs the port inside, no
 * other has one; what CLOS only watches has fixed ports; only containers have limits.
 */
export function findSpecIssues(spec: Pick<ServiceSpec, 'runtime' | 'endpoints' | 'limits'>): InputIssue[] {
  const { type } = spec.runtime;
  const limits = Object.keys(spec.limits).map((name) => ({
    path: `limits.${name}`,
    message: `does not apply: only containers have limits, and this is of type ${type}`,
  }));
  const endpoints = spec.endpoints.flatMap(({ containerPort, hostPort }, index) => {
    const issues: InputIssue[] = [];
    const at = (field: string) => `endpoints.${index}.${field}`;
    if (type === 'container' && containerPort === undefined)
      issues.push({ path: at('containerPort'), message: 'is needed: the port inside the container' });
    if (type !== 'container' && containerPort !== undefined)
      issues.push({
        path: at('containerPort'),
        message: `does not apply: a service of type ${type} has no port inside`,
      });
    if (type === 'external' && hostPort === 'auto')
      issues.push({
        path: at('hostPort'),
        message: 'must be a number: CLOS does not choose the ports of what it only watches',
      });
    return issues;
  });
  return type === 'container' ? endpoints : [...limits, ...endpoints];
}

/** A service as it is asked for. */
export const serviceSpecSchema = serviceSpecFields.superRefine((spec, context) => {
  for (const { path, message } of findSpecIssues(spec)) {
    context.addIssue({ code: 'custom', path: path.split('.'), message });
  }
});
export type ServiceSpec = z.output<typeof serviceSpecFields>;
export type ServiceSpecInput = z.input<typeof serviceSpecFields>;
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
  startOnVisit: startOnVisitSchema.optional(),
});
export type ServicePatch = z.output<typeof servicePatchSchema>;
