import { z } from 'zod';
import { conflictSchema } from './conflicts.ts';
import { eventSchema, topicSchema } from './events.ts';
import { seqSchema } from './primitives.ts';
import { serviceSchema } from './services.ts';

/** The WebSocket protocol, subprotocol `clos.v2`: JSON text frames, parsed by these schemas on both sides. */
export const liveSubprotocol = 'clos.v2';

/** From the client. `since`: the last sequence number it has seen; without it, a snapshot comes first. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    id: z.int().min(0),
    topics: z.array(topicSchema).min(1).max(20),
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
    services: z.array(serviceSchema),
    conflicts: z.array(conflictSchema),
  }),
  z.object({ type: z.literal('event'), seq: seqSchema, event: eventSchema }),
  z.object({ type: z.literal('error'), code: z.string(), detail: z.string() }),
]);
export type ServerMessage = z.output<typeof serverMessageSchema>;

export const closeCodes = { notSignedIn: 4401, notAllowed: 4403, tooSlow: 4408 } as const;
