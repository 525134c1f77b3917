import { z } from 'zod';
import { moduleNames, roles } from './access.ts';
import { detectedConflictSchema } from './conflicts.ts';
import { connectionSchema } from './connections.ts';
import { eventSchema } from './events.ts';
import { metricSchema } from './live.ts';
import { defineOperation } from './operation-definition.ts';
import { listenerSchema, portReportSchema, portRowSchema, suggestionSchema } from './ports.ts';
import { addressSchema, portSchema, protocolSchema, seqSchema, timeSchema } from './primitives.ts';
import { accessSchema, routeTrafficSchema } from './routes.ts';
import { startErrors } from './start-errors.ts';
import { moduleStateSchema } from './system.ts';
import { attemptSchema } from './webhooks.ts';

/** The operations between modules. No key opens them; only a sibling may call. */
const sibling = { method: 'POST', access: { audience: 'module' } } as const;

/** A `Principal` that goes from one module to another. */
export const grantedPrincipalSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['key', 'session', 'desktop']), id: z.string(), name: z.string(), role: z.enum(roles) }),
  z.object({ type: z.literal('module'), id: z.enum([...moduleNames, 'supervisor']), name: z.string() }),
]);

/** A claim that is being asked about. Without a service it stands for a newcomer. */
export const wantedClaimSchema = z.object({
  service: z.object({ id: z.string(), name: z.string() }).nullable(),
  endpoint: z.string().nullable(),
  protocol: protocolSchema,
  address: addressSchema,
  port: portSchema,
  range: z.string().nullable(),
});
export type WantedClaim = z.output<typeof wantedClaimSchema>;

/** Facts that other modules saw. The id makes a report that was sent twice count once. */
export const factSchema = z.discriminatedUnion('type', [
  z.object({
    id: z.string(),
    type: z.literal('health'),
    serviceId: z.string(),
    health: z.enum(['starting', 'healthy', 'unhealthy']),
    reason: z.string().nullable(),
    at: timeSchema,
  }),
]);
export type Fact = z.output<typeof factSchema>;

/**
 * What came of an event at one of those who react to events. The id is made of who, which event and which attempt, so whoever
 * reports the same again, be it after a crash, makes it count once.
 */
export const reactionSchema = z.object({
  id: z.string(),
  consumer: z.string().max(200),
  seq: seqSchema,
  done: z.boolean().describe('The event needs nothing more: the cursor moves to it'),
  /** What was done; null when nothing had to be. */
  effect: z
    .object({
      type: z.literal('delivery'),
      event: z.object({ type: z.string(), time: timeSchema }),
      attempt: z.int(),
      ...attemptSchema.shape,
      gone: z.boolean().describe('The receiver wants no more of them, ever'),
      at: timeSchema,
      nextAttemptAt: timeSchema.nullable(),
    })
    .nullable(),
});
export type Reaction = z.output<typeof reactionSchema>;

/** All that stands in the way of one service at this moment, or answers in its place. What is not there any more has cleared. */
export const sightingSchema = z.object({
  serviceId: z.string(),
  /** The newest event when the watch began to look. */
  asOf: seqSchema,
  conflicts: z.array(detectedConflictSchema),
  /** Of a service that CLOS only watches: whether something answers, and who. */
  answering: z.object({ pid: z.int().nullable(), name: z.string().nullable() }).nullable(),
});
export type Sighting = z.output<typeof sightingSchema>;

export const internal = {
  verify: defineOperation({
    ...sibling,
    id: 'internal.verify',
    path: '/internal/verify',
    summary: 'Who a bearer token belongs to',
    module: 'api',
    body: z.strictObject({ token: z.string().max(4096) }),
    output: z.object({ principal: grantedPrincipalSchema.nullable() }),
    errors: [],
  }),
  redeemTicket: defineOperation({
    ...sibling,
    id: 'internal.redeemTicket',
    path: '/internal/redeem-ticket',
    summary: 'Use up a WebSocket ticket',
    module: 'api',
    body: z.strictObject({ ticket: z.string().max(200) }),
    output: z.object({ principal: grantedPrincipalSchema.nullable() }),
    errors: [],
  }),
  reportFacts: defineOperation({
    ...sibling,
    id: 'internal.reportFacts',
    path: '/internal/facts',
    summary: 'Record what another module saw, once per fact id',
    module: 'api',
    body: z.strictObject({ facts: z.array(factSchema).min(1).max(1000) }),
    output: z.object({ recorded: z.int() }),
    errors: [],
  }),
  reportModules: defineOperation({
    ...sibling,
    id: 'internal.reportModules',
    path: '/internal/modules',
    summary: 'The states of all modules, as the supervisor sees them',
    module: 'api',
    body: z.strictObject({ modules: z.array(moduleStateSchema) }),
    output: z.object({ recorded: z.int() }),
    errors: [],
  }),
  checkPorts: defineOperation({
    ...sibling,
    id: 'internal.checkPorts',
    path: '/internal/check-ports',
    summary: 'Which claims could not be met now, with the options for each',
    module: 'resolver',
    body: z.strictObject({ wanted: z.array(wantedClaimSchema).max(1000) }),
    output: z.object({ conflicts: z.array(detectedConflictSchema) }),
    errors: [],
  }),
  suggestPorts: defineOperation({
    ...sibling,
    id: 'internal.suggestPorts',
    path: '/internal/suggest-ports',
    summary: 'Free ports of a range, or near a port',
    module: 'resolver',
    body: z.strictObject({
      range: z.string().nullable(),
      near: portSchema.nullable(),
      count: z.int().min(1).max(100),
      refused: z.array(portSchema).max(1000).default([]).describe('Ports that are about to be given to others'),
      protocol: protocolSchema,
      address: addressSchema,
    }),
    output: z.object({ items: z.array(suggestionSchema) }),
    errors: [],
  }),
  describePort: defineOperation({
    ...sibling,
    id: 'internal.describePort',
    path: '/internal/describe-port',
    summary: 'Everything known about a port',
    module: 'resolver',
    body: z.strictObject({ port: portSchema }),
    output: portReportSchema,
    errors: [],
  }),
  listListeners: defineOperation({
    ...sibling,
    id: 'internal.listListeners',
    path: '/internal/list-listeners',
    summary: 'Every listener with who is behind it',
    module: 'resolver',
    body: z.strictObject({ port: portSchema.nullable() }),
    output: z.object({ items: z.array(listenerSchema), limitation: z.string().nullable() }),
    errors: [],
  }),
  mapPorts: defineOperation({
    ...sibling,
    id: 'internal.mapPorts',
    path: '/internal/map-ports',
    summary: 'Every port that somebody has to do with',
    module: 'resolver',
    body: z.strictObject({}),
    output: z.object({ items: z.array(portRowSchema), limitation: z.string().nullable() }),
    errors: [],
  }),
  reportSightings: defineOperation({
    ...sibling,
    id: 'internal.reportSightings',
    path: '/internal/sightings',
    summary:
      'What the watch saw at the ports of some services: the conflicts there now, and who answers for watched ones',
    module: 'api',
    body: z.strictObject({ sightings: z.array(sightingSchema).min(1).max(1000) }),
    output: z.object({
      stale: z.array(z.string()).describe('Services to look at again: something has happened since'),
    }),
    errors: [],
  }),
  reportReactions: defineOperation({
    ...sibling,
    id: 'internal.reportReactions',
    path: '/internal/reactions',
    summary: 'Record what came of events at those who react to them, each report once',
    module: 'api',
    body: z.strictObject({ reactions: z.array(reactionSchema).min(1).max(1000) }),
    output: z.object({ recorded: z.int() }),
    errors: [],
  }),
  testWebhook: defineOperation({
    ...sibling,
    id: 'internal.testWebhook',
    path: '/internal/test-webhook',
    summary: 'Post an event to one webhook at once',
    module: 'worker',
    body: z.strictObject({ webhookId: z.string(), event: eventSchema }),
    output: attemptSchema,
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  requestHealthCheck: defineOperation({
    ...sibling,
    id: 'internal.requestHealthCheck',
    path: '/internal/request-health-check',
    summary: 'Have a service checked now: the monitor decides, the worker does it',
    module: 'monitor',
    body: z.strictObject({ serviceId: z.string() }),
    output: z.object({ requested: z.boolean() }),
    errors: [],
  }),
  runHealthCheck: defineOperation({
    ...sibling,
    id: 'internal.runHealthCheck',
    path: '/internal/run-health-check',
    summary: 'Check a service at once and go on by its interval',
    module: 'worker',
    body: z.strictObject({ serviceId: z.string() }),
    output: z.object({ health: z.enum(['none', 'starting', 'healthy', 'unhealthy']), reason: z.string().nullable() }),
    errors: ['SERVICE_NOT_FOUND'],
  }),
  publishMetrics: defineOperation({
    ...sibling,
    id: 'internal.publishMetrics',
    path: '/internal/metrics',
    summary: 'Tell the newest values of subjects to whoever follows them now; they are not kept',
    module: 'websocket',
    body: z.strictObject({ metrics: z.array(metricSchema).min(1).max(1000) }),
    status: 204,
    errors: [],
  }),
  routeTraffic: defineOperation({
    ...sibling,
    id: 'internal.routeTraffic',
    path: '/internal/route-traffic',
    summary: 'What has gone through each route since the gateway started',
    module: 'gateway',
    body: z.strictObject({}),
    output: z.object({ items: z.array(routeTrafficSchema) }),
    errors: [],
  }),
  routeRequests: defineOperation({
    ...sibling,
    id: 'internal.routeRequests',
    path: '/internal/route-requests',
    summary: 'The newest requests through the gateway, newest first',
    module: 'gateway',
    body: z.strictObject({
      route: z.string().nullable(),
      failed: z.boolean(),
      limit: z.int().min(1).max(500),
    }),
    output: z.object({ items: z.array(accessSchema) }),
    errors: [],
  }),
  visit: defineOperation({
    ...sibling,
    id: 'internal.visit',
    path: '/internal/visit',
    summary: 'A page of a service was visited that starts on a visit: start it, unless it does already',
    module: 'api',
    body: z.strictObject({ serviceId: z.string() }),
    output: z.object({ started: z.boolean() }),
    errors: ['SERVICE_NOT_FOUND', ...startErrors],
  }),
  listConnections: defineOperation({
    ...sibling,
    id: 'internal.listConnections',
    path: '/internal/list-connections',
    summary: 'Every live connection, oldest first',
    module: 'websocket',
    body: z.strictObject({}),
    output: z.object({ items: z.array(connectionSchema) }),
    errors: [],
  }),
  closeConnection: defineOperation({
    ...sibling,
    id: 'internal.closeConnection',
    path: '/internal/close-connection',
    summary: 'Close a live connection',
    module: 'websocket',
    body: z.strictObject({ id: z.string().max(80) }),
    output: z.object({ closed: z.boolean() }),
    errors: [],
  }),
};
