import { z } from 'zod';
import { moduleNames } from '#shared/contract/access.ts';
import { configSchema } from '../config/config.ts';

/** What passes between the supervisor and a module. Orders and doorbells only; data travels over HTTP. */

const portPlanSchema = z.object({ preferred: z.int(), candidates: z.array(z.int()) });

export const startOrderSchema = z.object({
  version: z.string(),
  homeRoot: z.string(),
  packageRoot: z.string(),
  config: configSchema,
  serviceKeys: z.record(z.enum([...moduleNames, 'supervisor']), z.string()),
  identityKey: z.string(),
  ports: z.object({
    gateway: portPlanSchema,
    api: portPlanSchema,
    websocket: portPlanSchema,
    monitor: portPlanSchema,
    resolver: portPlanSchema,
    dashboard: portPlanSchema,
  }),
});
export type StartOrder = z.output<typeof startOrderSchema>;

export const toModuleSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), order: startOrderSchema }),
  z.object({ type: z.literal('ring'), seq: z.int() }),
  z.object({ type: z.literal('ping'), n: z.int() }),
  z.object({ type: z.literal('attach-port') }),
  z.object({ type: z.literal('stop') }),
]);
export type ToModule = z.output<typeof toModuleSchema>;

export const fromModuleSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    ports: z.record(z.string(), z.int()),
    databaseReplaced: z.boolean().optional(),
  }),
  z.object({ type: z.literal('failed'), reason: z.string() }),
  z.object({ type: z.literal('ring'), seq: z.int() }),
  z.object({ type: z.literal('pong'), n: z.int() }),
]);
export type FromModule = z.output<typeof fromModuleSchema>;
