import { z } from 'zod';
import { backupSchema, restoredSchema } from './backups.ts';
import { conflictSchema } from './conflicts.ts';
import { defineOperation, defineStream } from './operation-definition.ts';
import { actorSchema, operationSchema, type Subject, subjectSchema } from './operations.ts';
import { rangeSchema } from './ports.ts';
import {
  exportQuery,
  momentSchema,
  orderSchema,
  pageOf,
  pageQuery,
  portSchema,
  protocolSchema,
  seqSchema,
  timeSchema,
} from './primitives.ts';
import { fieldsQuery } from './selection.ts';
import { healthSchema, serviceStatusSchema } from './services.ts';

const leaseData = z.object({
  leaseId: z.string(),
  serviceId: z.string(),
  endpoint: z.string(),
  protocol: z.string(),
  address: z.string(),
  port: portSchema,
  reason: z.string(),
});

const reservationData = z.object({
  leaseId: z.string(),
  protocol: protocolSchema,
  port: portSchema,
  note: z.string(),
});

const routeData = z.object({
  name: z.string(),
  path: z.string(),
  targets: z.array(z.string()).describe('service or service/endpoint'),
});

const webhookData = z.object({ url: z.string() });

/**
 * Every event: a fact, in the past tense, with the changed fields.
 *
 * `version` counts up when the data changes shape; `topic` is what a live client subscribes to; `stale` names the operations
 * whose answers the event makes old.
 */
function defineEvent<D extends z.ZodType>(definition: {
  topic: Topic;
  version: number;
  data: D;
  stale: readonly string[];
}) {
  return definition;
}

export const topics = ['service', 'conflict', 'operation', 'lease', 'route', 'engine', 'module', 'system'] as const;
export const topicSchema = z.enum(topics);
export type Topic = z.output<typeof topicSchema>;

const routeReads = ['routes.list', 'routes.get'] as const;
const serviceReads = ['services.list', 'services.get', ...routeReads, 'system.status'] as const;
const conflictReads = ['conflicts.list', 'conflicts.get', ...routeReads, 'system.status'] as const;
const webhookReads = ['webhooks.list', 'webhooks.get', 'webhooks.deliveries'] as const;
const leaseReads = [...serviceReads, 'ports.leases', 'ports.who', 'ports.map'] as const;

/** The operations that show a subject of a kind. */
export const readsOf: Readonly<Partial<Record<Subject['type'], readonly string[]>>> = {
  service: leaseReads,
  conflict: conflictReads,
  engine: ['ports.who', 'ports.map'],
};

export const eventTypes = {
  'service.created': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({ revision: z.int() }),
    stale: serviceReads,
  }),
  'service.updated': defineEvent({
    topic: 'service',
    version: 2,
    data: z.object({
      revision: z.int(),
      changed: z
        .array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() }))
        .describe('By path; the values of variables are not told'),
    }),
    stale: leaseReads,
  }),
  'service.deleted': defineEvent({ topic: 'service', version: 1, data: z.object({}), stale: leaseReads }),
  'service.status-changed': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({
      from: serviceStatusSchema,
      to: serviceStatusSchema,
      reason: z.string().nullable(),
      exitCode: z.int().nullable(),
    }),
    stale: serviceReads,
  }),
  'service.health-changed': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({ from: healthSchema, to: healthSchema, reason: z.string().nullable() }),
    stale: serviceReads,
  }),
  'service.changed': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({ changed: z.array(z.string()).describe('The fields that are others now') }),
    stale: serviceReads,
  }),
  'service.adopted': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({ pid: z.int().nullable(), containerId: z.string().nullable() }),
    stale: serviceReads,
  }),
  'service.waiting-changed': defineEvent({
    topic: 'service',
    version: 1,
    data: z.object({ waits: z.boolean(), reason: z.string() }),
    stale: serviceReads,
  }),
  'route.created': defineEvent({ topic: 'route', version: 1, data: routeData, stale: routeReads }),
  'route.updated': defineEvent({
    topic: 'route',
    version: 1,
    data: routeData.extend({ changed: z.array(z.string()).describe('The fields that are others now') }),
    stale: routeReads,
  }),
  'route.deleted': defineEvent({ topic: 'route', version: 1, data: routeData, stale: routeReads }),
  'lease.granted': defineEvent({ topic: 'lease', version: 1, data: leaseData, stale: leaseReads }),
  'lease.moved': defineEvent({
    topic: 'lease',
    version: 1,
    data: leaseData.extend({ previousPort: portSchema }),
    stale: leaseReads,
  }),
  'lease.released': defineEvent({ topic: 'lease', version: 1, data: leaseData, stale: leaseReads }),
  'port.reserved': defineEvent({ topic: 'lease', version: 1, data: reservationData, stale: leaseReads }),
  'port.released': defineEvent({ topic: 'lease', version: 1, data: reservationData, stale: leaseReads }),
  'ranges.changed': defineEvent({
    topic: 'lease',
    version: 1,
    data: z.object({ ranges: z.array(rangeSchema) }),
    stale: ['ports.ranges', 'ports.map'],
  }),
  'settings.changed': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ name: z.enum(['conflicts']) }),
    stale: ['settings.conflicts'],
  }),
  'conflict.detected': defineEvent({
    topic: 'conflict',
    version: 1,
    data: z.object({ conflict: conflictSchema }),
    stale: conflictReads,
  }),
  'conflict.changed': defineEvent({
    topic: 'conflict',
    version: 1,
    data: z.object({ conflict: conflictSchema }),
    stale: conflictReads,
  }),
  'conflict.resolved': defineEvent({
    topic: 'conflict',
    version: 1,
    data: z.object({ option: z.string(), operationId: z.string() }),
    stale: conflictReads,
  }),
  'conflict.cleared': defineEvent({
    topic: 'conflict',
    version: 1,
    data: z.object({ reason: z.string() }),
    stale: conflictReads,
  }),
  'operation.started': defineEvent({
    topic: 'operation',
    version: 1,
    data: z.object({ operation: operationSchema }),
    stale: ['operations.list', 'operations.get'],
  }),
  'operation.finished': defineEvent({
    topic: 'operation',
    version: 1,
    data: z.object({ operation: operationSchema }),
    stale: ['operations.list', 'operations.get'],
  }),
  'engine.state-changed': defineEvent({
    topic: 'engine',
    version: 1,
    data: z.object({ state: z.enum(['available', 'unavailable', 'none']), reason: z.string().nullable() }),
    stale: serviceReads,
  }),
  'module.state-changed': defineEvent({
    topic: 'module',
    version: 1,
    data: z.object({
      module: z.string(),
      state: z.enum(['ready', 'exited', 'degraded']),
      reason: z.string().nullable(),
    }),
    stale: ['system.status'],
  }),
  'backup.made': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ backup: backupSchema }),
    stale: ['backups.list', 'system.status'],
  }),
  'backup.failed': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ reason: z.string() }),
    stale: ['system.status'],
  }),
  'storage.restored': defineEvent({
    topic: 'system',
    version: 1,
    data: restoredSchema,
    // What was read before may never have been, as far as what is stored goes.
    stale: [
      ...leaseReads,
      ...conflictReads,
      ...['operations.list', 'operations.get', 'events.list'],
      ...['ports.ranges', 'settings.conflicts', 'backups.list'],
    ],
  }),
  'history.trimmed': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({
      keptFrom: seqSchema.describe('The oldest event that is left'),
      events: z.int(),
      operations: z.int(),
      conflicts: z.int(),
      requests: z.int().describe('Of the audit log'),
    }),
    stale: ['events.list', 'operations.list', 'conflicts.list', 'audit.list'],
  }),
  'webhook.created': defineEvent({ topic: 'system', version: 1, data: webhookData, stale: webhookReads }),
  'webhook.updated': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ changed: z.array(z.string()).describe('The fields that were given') }),
    stale: webhookReads,
  }),
  'webhook.deleted': defineEvent({ topic: 'system', version: 1, data: webhookData, stale: webhookReads }),
  'webhook.delivery-failed': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ seq: seqSchema, type: z.string(), attempts: z.int(), reason: z.string() }),
    stale: webhookReads,
  }),
  'webhook.disabled': defineEvent({
    topic: 'system',
    version: 1,
    data: z.object({ reason: z.string() }),
    stale: webhookReads,
  }),
} as const;

export type EventType = keyof typeof eventTypes;
export type EventData<T extends EventType> = z.output<(typeof eventTypes)[T]['data']>;

export function isEventType(value: string): value is EventType {
  return Object.hasOwn(eventTypes, value);
}

/** An event as it is stored and sent. `data` has the shape of its type and version, see `eventTypes`. */
export const eventSchema = z.object({
  seq: seqSchema,
  type: z.string(),
  version: z.int(),
  subject: subjectSchema,
  actor: actorSchema,
  cause: z
    .object({ type: z.enum(['operation', 'engine', 'fact', 'supervisor']), id: z.string() })
    .nullable()
    .describe('What brought it about'),
  trace: z.string().nullable().describe('The request that it followed from, as in its X-Request-Id'),
  time: timeSchema,
  data: z.record(z.string(), z.unknown()),
});
export type ClosEvent = z.output<typeof eventSchema>;

/** `type=service.created,service.deleted`: the types that are wanted, each at most once. */
const typesSchema = z
  .string()
  .max(1000)
  .transform((text) => [...new Set(text.split(','))])
  .describe('One type or several with commas between, such as service.created,service.deleted');

export const events = {
  list: defineOperation({
    id: 'events.list',
    method: 'GET',
    path: '/api/v2/events',
    summary: 'Read the history, oldest first or newest first',
    module: 'api',
    access: { permission: 'events:read' },
    query: z.strictObject({
      ...pageQuery,
      order: orderSchema.default('asc').describe('asc: oldest first; desc: newest first'),
      after: z.coerce.number().int().min(0).default(0).describe('Events with a greater sequence number'),
      since: momentSchema.optional().describe('Events from a time on, or those after the event of this number'),
      until: momentSchema.optional().describe('Events up to a time, or up to the event of this number'),
      type: typesSchema.optional(),
      subject: z.string().max(80).optional().describe('The id of a subject'),
      actor: z.string().max(80).optional().describe('The id of whoever did it'),
      ...fieldsQuery(eventSchema),
    }),
    output: pageOf(eventSchema),
    errors: ['READS_BUSY', 'READ_TIMEOUT'],
  }),
  export: defineStream({
    id: 'events.export',
    method: 'GET',
    path: '/api/v2/events/export',
    summary: 'The history as a whole, in order, as JSON Lines or CSV',
    module: 'api',
    access: { permission: 'events:read' },
    query: z.strictObject({
      ...exportQuery,
      after: z.coerce.number().int().min(0).default(0).describe('Events with a greater sequence number'),
      type: typesSchema.optional(),
      subject: z.string().max(80).optional().describe('The id of a subject'),
    }),
    output: eventSchema,
    csv: [
      'seq',
      'time',
      'type',
      'subject.type',
      'subject.id',
      'subject.name',
      'actor.type',
      'actor.id',
      'actor.name',
      'cause.type',
      'cause.id',
      'trace',
      'data',
      'version',
    ],
    errors: [],
  }),
};
