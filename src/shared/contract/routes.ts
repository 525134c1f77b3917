import { z } from 'zod';
import { defineOperation } from './operation-definition.ts';
import { flagSchema, nameSchema, pageOf, pageQuery, refSchema, timeSchema } from './primitives.ts';
import { fieldsQuery } from './selection.ts';
import { serviceStatusSchema } from './services.ts';

/** What every name of a route ends with: RFC 6761, section 6.3, keeps it for the loopback address. */
export const localDomain = 'localhost';

/** The one name that stays ours: the dashboard's. */
export const reservedRouteName = 'clos';

/** `shop` or `www.shop`: labels of a host name, without `.localhost`. */
export const routeNameSchema = z
  .string()
  .max(200)
  .transform((name) => name.toLowerCase().replace(/\.localhost$/, ''))
  .refine(
    (name) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(name),
    'must be labels of a host name with dots between, such as shop or www.shop; ".localhost" is added',
  )
  .refine(
    (name) => name !== reservedRouteName && !name.endsWith(`.${reservedRouteName}`) && !/(^|\.)localhost$/.test(name),
    `must not be "${reservedRouteName}", "localhost" or below them: CLOS answers there itself`,
  )
  .describe('The name, without ".localhost"');

/** A path that is compared byte by byte, so it is written in one way only. */
export const routePathSchema = z
  .string()
  .max(500)
  .refine(
    (path) => path === '/' || (/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path)),
    'must be / or segments of letters, digits and . _ ~ - such as /api/v1, without a slash at the end',
  )
  .describe('The route has this path and all that is below it');

export const rateLimitSchema = z.strictObject({
  requestsPerSecond: z.number().min(0.1).max(1_000_000),
  burst: z.int().min(1).max(1_000_000).describe('So many may come at once'),
});
export type RateLimit = z.output<typeof rateLimitSchema>;

export const targetStates = ['ready', 'starting', 'unhealthy', 'down', 'taken', 'unknown'] as const;
/**
 * ready: requests go there. starting: they wait for it. unhealthy: they go there when nobody else is ready. down: it does not run.
 * taken: another program answers at its address, so nothing is sent. unknown: its engine is away; it is tried.
 */
export const targetStateSchema = z.enum(targetStates);
export type TargetState = z.output<typeof targetStateSchema>;

export const routeTargetSchema = z.object({
  service: z.object({ id: z.string(), name: z.string(), instance: z.string() }),
  endpoint: z.string(),
  scheme: z.string(),
  address: z.string().nullable().describe('Where it is reached, such as 127.0.0.1:3000; null before the first lease'),
  state: targetStateSchema,
  status: serviceStatusSchema,
  reason: z.string().nullable().describe('Why it is not ready, or what to know of it though it is'),
  conflictId: z.string().nullable().describe('The open conflict that tells who else answers there'),
  draining: z.boolean().describe('It finishes what it has and gets nothing new'),
  startOnVisit: z.boolean(),
  checkout: z
    .object({ root: z.string(), branch: z.string().nullable() })
    .nullable()
    .describe('The checkout whose build answers there'),
});
export type RouteTarget = z.output<typeof routeTargetSchema>;

export const routeSchema = z.object({
  id: z.string(),
  kind: z.enum(['automatic', 'custom']).describe('automatic: each endpoint that speaks HTTP has one by itself'),
  name: z.string().describe('Without ".localhost"'),
  path: z.string(),
  url: z.string(),
  stripPath: z.boolean(),
  rateLimit: rateLimitSchema.nullable(),
  targets: z.array(routeTargetSchema),
  shadowedBy: z.string().nullable().describe('The id of the route that has this name and path instead'),
  createdAt: timeSchema.nullable(),
  updatedAt: timeSchema.nullable(),
});
export type Route = z.output<typeof routeSchema>;

export const routeTrafficSchema = z.object({
  routeId: z.string(),
  requests: z.int().describe('Since the gateway started'),
  inFlight: z.int(),
  tunnels: z.int().describe('Connections that were upgraded, such as WebSockets, and are open'),
  statuses: z.object({ '1xx': z.int(), '2xx': z.int(), '3xx': z.int(), '4xx': z.int(), '5xx': z.int() }),
  limited: z.int().describe('Requests that the rate limit refused'),
  unanswered: z.int().describe('Requests that the gateway answered itself, because nobody else could'),
  bytesIn: z.int(),
  bytesOut: z.int(),
  responseMs: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number() })
    .nullable()
    .describe('Until the head of the answer; upper bounds of the buckets of a histogram. Null before the first answer'),
  lastAt: timeSchema.nullable(),
});
export type RouteTraffic = z.output<typeof routeTrafficSchema>;

/** One line of the access log. The query of a URL may carry secrets and is not in it. */
export const accessSchema = z.object({
  time: timeSchema,
  requestId: z.string(),
  routeId: z.string().nullable(),
  service: z.string().nullable(),
  client: z.string(),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  status: z.int().describe('0: the client went away before there was an answer'),
  bytesIn: z.int(),
  bytesOut: z.int(),
  durationMs: z.number(),
});
export type Access = z.output<typeof accessSchema>;

const wantedTarget = z.strictObject({
  service: refSchema.describe('Its id or name'),
  endpoint: nameSchema.optional().describe('Its first endpoint that speaks HTTP unless named'),
  draining: z.boolean().default(false),
});
const targetsSchema = z.array(wantedTarget).min(1).max(32);

const params = z.strictObject({ id: refSchema });
const read = { module: 'api', access: { permission: 'services:read' } } as const;
const change = { module: 'api', access: { permission: 'services:write' } } as const;

export const routes = {
  list: defineOperation({
    ...read,
    id: 'routes.list',
    method: 'GET',
    path: '/api/v2/routes',
    summary: 'List the routes: those that each endpoint has by itself, and those that were made',
    query: z.strictObject({
      ...pageQuery,
      service: refSchema.optional().describe('Only those that lead to this service'),
      ...fieldsQuery(routeSchema),
    }),
    output: pageOf(routeSchema),
    errors: ['SERVICE_NOT_FOUND'],
  }),
  get: defineOperation({
    ...read,
    params,
    id: 'routes.get',
    method: 'GET',
    path: '/api/v2/routes/{id}',
    summary: 'Show a route',
    query: z.strictObject(fieldsQuery(routeSchema)),
    output: routeSchema,
    errors: ['ROUTE_UNKNOWN'],
  }),
  create: defineOperation({
    ...change,
    id: 'routes.create',
    method: 'POST',
    path: '/api/v2/routes',
    summary: 'Give a service, or several in turn, another name or a path of one',
    body: z.strictObject({
      name: routeNameSchema,
      path: routePathSchema.default('/'),
      stripPath: z.boolean().default(false).describe('The service does not see the path of the route'),
      rateLimit: rateLimitSchema.nullable().default(null),
      targets: targetsSchema,
    }),
    output: routeSchema,
    status: 201,
    idempotencyKey: true,
    errors: ['SERVICE_NOT_FOUND', 'ENDPOINT_NOT_FOUND', 'ROUTE_TAKEN', 'IDEMPOTENCY_KEY_REUSED'],
  }),
  update: defineOperation({
    ...change,
    params,
    id: 'routes.update',
    method: 'PATCH',
    path: '/api/v2/routes/{id}',
    summary: 'Change a route that was made; what runs through it goes on',
    body: z.strictObject({
      stripPath: z.boolean().optional(),
      rateLimit: rateLimitSchema.nullable().optional(),
      targets: targetsSchema.optional(),
    }),
    output: routeSchema,
    errors: ['ROUTE_UNKNOWN', 'ROUTE_AUTOMATIC', 'SERVICE_NOT_FOUND', 'ENDPOINT_NOT_FOUND'],
  }),
  delete: defineOperation({
    ...change,
    params,
    id: 'routes.delete',
    method: 'DELETE',
    path: '/api/v2/routes/{id}',
    summary: 'Take a route away that was made; what runs through it ends by itself',
    status: 204,
    errors: ['ROUTE_UNKNOWN', 'ROUTE_AUTOMATIC'],
  }),
  traffic: defineOperation({
    ...read,
    id: 'routes.traffic',
    method: 'GET',
    volatile: true,
    path: '/api/v2/routes/traffic',
    summary: 'How much goes through each route, and how long answers take',
    output: z.object({ items: z.array(routeTrafficSchema) }),
    errors: [],
  }),
  requests: defineOperation({
    ...read,
    id: 'routes.requests',
    method: 'GET',
    volatile: true,
    path: '/api/v2/routes/requests',
    summary: 'The newest requests through the gateway, newest first',
    query: z.strictObject({
      route: refSchema.optional().describe('Only those of the route with this id'),
      failed: flagSchema.optional().describe('Only those that ended with 4xx, 5xx or no answer'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    output: z.object({ items: z.array(accessSchema) }),
    errors: [],
  }),
};
