import { z } from 'zod';
import { conflictSchema } from './conflicts.ts';
import { eventSchema, topics } from './events.ts';
import { seqSchema, timeSchema } from './primitives.ts';
import { serviceSchema } from './services.ts';

/** The WebSocket protocol, subprotocol `clos.v2`: JSON text frames, parsed by these schemas on both sides. */
export const liveSubprotocol = 'clos.v2';

/** What can be subscribed to: the topics of the events, and the values that travel beside the log. */
export const liveTopics = [...topics, 'metric'] as const;
export const liveTopicSchema = z.enum(liveTopics);
export type LiveTopic = z.output<typeof liveTopicSchema>;

/** The newest values of one subject. They are no events: they have no number, are not kept, and an older one is not missed. */
export const metricSchema = z.object({
  subject: z.string().min(1).max(80).describe('The id of a service or a route, or the name of a module'),
  time: timeSchema,
  values: z.record(z.string().max(80), z.number().nullable()),
});
export type Metric = z.output<typeof metricSchema>;

/**
 * From the client. `since`: the last sequence number that it has seen; without it, a snapshot comes first. `subjects`: only what is
 * about one of these ids; the snapshot is the whole one all the same.
 */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    id: z.int().min(0),
    topics: z.array(liveTopicSchema).min(1).max(20),
    subjects: z.array(z.string().min(1).max(80)).min(1).max(200).optional(),
    since: seqSchema.optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), id: z.int().min(0) }),
]);
export type ClientMessage = z.output<typeof clientMessageSchema>;

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribed'), id: z.int(), seq: seqSchema }),
  z.object({
    type: z.literal('snapshot'),
    id: z.int(),
    seq: seqSchema,
    reason: z
      .enum(['asked', 'history-not-kept', 'other-history'])
      .describe(
        'Why it comes: nothing was seen before, what came after `since` is not kept, or `since` is not of this log',
      ),
    services: z.array(serviceSchema),
    conflicts: z.array(conflictSchema),
  }),
  z.object({ type: z.literal('event'), seq: seqSchema, event: eventSchema }),
  z.object({ type: z.literal('metric'), ...metricSchema.shape }),
  z.object({ type: z.literal('error'), code: z.string(), detail: z.string() }),
]);
export type ServerMessage = z.output<typeof serverMessageSchema>;

/** `closed`: somebody who may has closed this connection. Its client may come back, which a revoked key could not. */
export const closeCodes = { notSignedIn: 4401, notAllowed: 4403, tooSlow: 4408, closed: 4410 } as const;
