import { z } from 'zod';
import { moduleNames, permissions, roles } from './access.ts';
import { backupSchema, restoredSchema } from './backups.ts';
import { defineOperation } from './operation-definition.ts';
import { timeSchema } from './primitives.ts';

const anyone = { audience: 'anyone' } as const;

export const checkSchema = z.object({
  name: z.string().describe('What it depends on: core.db, engine, api, …'),
  ok: z.boolean(),
  detail: z.string().nullable(),
});

export const readinessSchema = z.object({
  module: z.enum(moduleNames),
  ready: z.boolean(),
  checks: z.array(checkSchema),
});
export type Readiness = z.output<typeof readinessSchema>;

/** Of every module: is it alive, does what it depends on work, who is it. */
export const module = {
  livez: defineOperation({
    id: 'module.livez',
    method: 'GET',
    volatile: true,
    path: '/livez',
    summary: 'Alive. With a nonce it proves that it is CLOS: an Ed25519 signature over "clos:<nonce>:<address>:<port>"',
    module: 'every',
    access: anyone,
    query: z.strictObject({
      nonce: z
        .string()
        .regex(/^[A-Za-z0-9_-]{16,128}$/)
        .optional(),
    }),
    output: z.object({
      status: z.literal('ok'),
      product: z.literal('clos'),
      module: z.enum(moduleNames),
      proof: z.string().nullable(),
    }),
    errors: [],
  }),
  readyz: defineOperation({
    id: 'module.readyz',
    method: 'GET',
    volatile: true,
    path: '/readyz',
    summary: 'What the module depends on and whether that works; 503 with the same body while it is not ready',
    module: 'every',
    access: { permission: 'system:read' },
    output: readinessSchema,
    errors: ['MODULE_UNAVAILABLE'],
  }),
  health: defineOperation({
    id: 'module.health',
    method: 'GET',
    volatile: true,
    path: '/health',
    summary: 'Who the module is',
    module: 'every',
    access: { permission: 'system:read' },
    output: z.object({
      module: z.enum(moduleNames),
      version: z.string(),
      pid: z.int(),
      process: z.enum(['utility', 'node', 'in-process', 'container']),
      startedAt: timeSchema,
      uptimeMs: z.int(),
      rssBytes: z.int(),
    }),
    errors: [],
  }),
};

export const moduleStateSchema = z.object({
  name: z.enum(moduleNames),
  state: z.enum(['starting', 'ready', 'exited', 'degraded', 'stopped']),
  pid: z.int().nullable(),
  restarts: z.int(),
  reason: z.string().nullable(),
});
export type ModuleState = z.output<typeof moduleStateSchema>;

export const engineStatusSchema = z.object({
  state: z.enum(['available', 'unavailable', 'none']),
  name: z.string().nullable(),
  version: z.string().nullable(),
  address: z.string().nullable(),
  found: z.string().describe('How it was found, or why there is none'),
  reason: z.string().nullable(),
  since: timeSchema,
});
export type EngineStatus = z.output<typeof engineStatusSchema>;

export const endpointAddressSchema = z.object({
  url: z.string(),
  preferredPort: z.int(),
  socket: z.string().optional(),
});

/** What stands in `run/endpoints.json`. */
export const discoverySchema = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: timeSchema,
  identity: z.string().describe('The Ed25519 public key (SPKI, base64url) that proofs are made with'),
  gateway: endpointAddressSchema,
  api: endpointAddressSchema,
  websocket: endpointAddressSchema,
  monitor: endpointAddressSchema,
  resolver: endpointAddressSchema,
  dashboard: endpointAddressSchema,
});
export type Discovery = z.output<typeof discoverySchema>;

export const system = {
  status: defineOperation({
    id: 'system.status',
    method: 'GET',
    path: '/api/v2/system/status',
    summary: 'CLOS itself: version, modules, engine, counts',
    module: 'api',
    access: { permission: 'system:read' },
    output: z.object({
      version: z.string(),
      seq: z.int().describe('The newest event'),
      engine: engineStatusSchema,
      modules: z.array(moduleStateSchema),
      services: z.object({ total: z.int(), running: z.int(), failed: z.int(), unhealthy: z.int() }),
      openConflicts: z.int(),
      storage: z.object({
        backup: backupSchema.nullable().describe('The newest one'),
        restored: restoredSchema
          .extend({ at: timeSchema })
          .nullable()
          .describe('A backup was put in the place of the database within the last week'),
      }),
    }),
    errors: [],
  }),
  openapi: defineOperation({
    id: 'system.openapi',
    method: 'GET',
    path: '/api/v2/openapi.json',
    summary: 'This surface as an OpenAPI 3.0.3 document',
    module: 'api',
    access: { permission: 'system:read' },
    output: z.record(z.string(), z.unknown()),
    errors: [],
  }),
};

export const principalSchema = z.object({
  type: z.enum(['key', 'session', 'desktop', 'module']),
  id: z.string(),
  name: z.string(),
  role: z.enum(roles).nullable(),
  permissions: z.array(z.enum(permissions)),
});

export const auth = {
  me: defineOperation({
    id: 'auth.me',
    method: 'GET',
    path: '/api/v2/me',
    summary: 'Who the key belongs to and what it may do',
    module: 'api',
    access: { permission: 'system:read' },
    output: principalSchema,
    errors: [],
  }),
  createSignInLink: defineOperation({
    id: 'auth.createSignInLink',
    method: 'POST',
    path: '/api/v2/sign-in-links',
    summary: 'Make a link that signs a browser in once, within ten minutes',
    module: 'api',
    access: { permission: 'system:admin' },
    output: z.object({ url: z.string(), expiresAt: timeSchema }),
    status: 201,
    errors: [],
  }),
  signIn: defineOperation({
    id: 'auth.signIn',
    method: 'POST',
    path: '/api/v2/sessions',
    summary: 'Exchange the code of a sign-in link for a session token',
    module: 'api',
    access: anyone,
    body: z.strictObject({ code: z.string().min(16).max(200) }),
    output: z.object({ token: z.string(), expiresAt: timeSchema }),
    status: 201,
    errors: ['NOT_SIGNED_IN'],
  }),
  signOut: defineOperation({
    id: 'auth.signOut',
    method: 'DELETE',
    path: '/api/v2/sessions/current',
    summary: 'End the session that asks',
    module: 'api',
    access: { permission: 'system:read' },
    status: 204,
    errors: [],
  }),
  createTicket: defineOperation({
    id: 'auth.createTicket',
    method: 'POST',
    path: '/api/v2/ws-tickets',
    summary: 'A ticket that opens one WebSocket within thirty seconds',
    module: 'api',
    access: { permission: 'events:read' },
    output: z.object({ ticket: z.string(), expiresAt: timeSchema }),
    status: 201,
    errors: [],
  }),
};
