import { z } from 'zod';
import { type EventType, eventTypes } from './events.ts';
import { defineOperation } from './operation-definition.ts';
import { orderSchema, pageOf, pageQuery, refSchema, seqSchema, timeSchema } from './primitives.ts';
import { fieldsQuery } from './selection.ts';

const typeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2000)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || url.username + url.password + url.hash === '';
  }, 'must carry neither a user, a password nor a fragment');

/** As Standard Webhooks has it: the prefix, then 24 to 64 random bytes in base 64. */
const secretSchema = z
  .string()
  .regex(/^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be whsec_ and base 64')
  .refine((text) => {
    const bytes = Math.floor((text.replace(/=+$/, '').length - 'whsec_'.length) * 0.75);
    return bytes >= 24 && bytes <= 64;
  }, 'must hold 24 to 64 bytes');

const typesSchema = z.array(z.enum(typeNames)).min(1).max(typeNames.length).nullable();
const subjectsSchema = z.array(z.string().min(1).max(80)).min(1).max(100).nullable();

export const deliveryStates = ['delivered', 'retrying', 'failed'] as const;

export const deliverySchema = z.object({
  id: z.string().describe('The clos-webhook-id of every attempt'),
  seq: seqSchema.describe('The event that is delivered'),
  type: z.string(),
  time: timeSchema.describe('When the event happened'),
  state: z.enum(deliveryStates),
  attempts: z.int(),
  status: z.int().nullable().describe('What the receiver answered last; null when it did not'),
  reason: z.string().nullable().describe('Why the last attempt failed'),
  firstAt: timeSchema,
  lastAt: timeSchema,
  nextAttemptAt: timeSchema.nullable(),
});
export type Delivery = z.output<typeof deliverySchema>;

export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  types: z.array(z.string()).nullable().describe('Only events of these types; null: all'),
  subjects: z.array(z.string()).nullable().describe('Only events about subjects with these ids; null: all'),
  enabled: z.boolean(),
  disabledReason: z.string().nullable().describe('Why CLOS has disabled it'),
  seq: seqSchema.describe('Events up to this one are delivered, given up or not wanted'),
  lastDelivery: deliverySchema.nullable(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type Webhook = z.output<typeof webhookSchema>;

/** What came of one attempt. Nothing of what the receiver said but its status is ever told. */
export const attemptSchema = z.object({
  delivered: z.boolean(),
  status: z.int().nullable(),
  reason: z.string().nullable(),
});
export type Attempt = z.output<typeof attemptSchema>;

const params = z.strictObject({ id: refSchema });
const read = { module: 'api', access: { permission: 'webhooks:read' } } as const;
const change = { module: 'api', access: { permission: 'system:admin' } } as const;

export const webhooks = {
  list: defineOperation({
    ...read,
    id: 'webhooks.list',
    method: 'GET',
    path: '/api/v2/webhooks',
    summary: 'List the webhooks',
    query: z.strictObject({ ...pageQuery, ...fieldsQuery(webhookSchema) }),
    output: pageOf(webhookSchema),
    errors: [],
  }),
  create: defineOperation({
    ...change,
    id: 'webhooks.create',
    method: 'POST',
    path: '/api/v2/webhooks',
    summary: 'Have events posted to a URL; the answer is the only one that tells the secret',
    body: z.strictObject({
      url: urlSchema,
      types: typesSchema.default(null),
      subjects: subjectsSchema.default(null),
      secret: secretSchema.optional().describe('Made when none is given'),
      enabled: z.boolean().default(true),
      after: seqSchema
        .optional()
        .describe('Begin after this event of the log; without it, with what happens from now on'),
    }),
    output: webhookSchema.extend({ secret: z.string() }),
    status: 201,
    // No idempotency key: the answer, which holds the secret, would be stored.
    errors: [],
  }),
  get: defineOperation({
    ...read,
    params,
    id: 'webhooks.get',
    method: 'GET',
    path: '/api/v2/webhooks/{id}',
    summary: 'Show a webhook',
    query: z.strictObject(fieldsQuery(webhookSchema)),
    output: webhookSchema,
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  update: defineOperation({
    ...change,
    params,
    id: 'webhooks.update',
    method: 'PATCH',
    path: '/api/v2/webhooks/{id}',
    summary: 'Change a webhook; one that is enabled again goes on with what happens from then on',
    body: z.strictObject({
      url: urlSchema.optional(),
      types: typesSchema.optional(),
      subjects: subjectsSchema.optional(),
      secret: secretSchema.optional(),
      enabled: z.boolean().optional(),
    }),
    output: webhookSchema,
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  delete: defineOperation({
    ...change,
    params,
    id: 'webhooks.delete',
    method: 'DELETE',
    path: '/api/v2/webhooks/{id}',
    summary: 'Remove a webhook and the record of its deliveries',
    status: 204,
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  test: defineOperation({
    ...change,
    params,
    id: 'webhooks.test',
    method: 'POST',
    path: '/api/v2/webhooks/{id}/test',
    summary: 'Post an event of the type webhook.test, which is in no log, once and at once',
    output: attemptSchema,
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  deliveries: defineOperation({
    ...read,
    params,
    id: 'webhooks.deliveries',
    method: 'GET',
    path: '/api/v2/webhooks/{id}/deliveries',
    summary: 'What came of its newest deliveries',
    query: z.strictObject({
      ...pageQuery,
      order: orderSchema.default('desc').describe('desc: newest first; asc: oldest first'),
      state: deliverySchema.shape.state.optional(),
      ...fieldsQuery(deliverySchema),
    }),
    output: pageOf(deliverySchema),
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
};
