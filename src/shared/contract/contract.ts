import { audit } from './audit.ts';
import { backups } from './backups.ts';
import { conflicts } from './conflicts.ts';
import { connections } from './connections.ts';
import { events } from './events.ts';
import { internal } from './internal.ts';
import type { OperationDefinition } from './operation-definition.ts';
import { operations } from './operations.ts';
import { ports } from './ports.ts';
import { routes } from './routes.ts';
import { services } from './services.ts';
import { settings } from './settings.ts';
import { auth, module, system } from './system.ts';
import { webhooks } from './webhooks.ts';

/**
 * Every operation of CLOS. REST routes, OpenAPI, the typed client, IPC, React Query keys and the CLI derive from it.
 *
 * To add one: define it in its noun's file, list it there, write its handler in the module that it names, and add the events
 * that it causes to `events.ts`. See "Add an operation" in README.md.
 */
export const contract = {
  services,
  routes,
  ports,
  conflicts,
  operations,
  events,
  audit,
  connections,
  webhooks,
  settings,
  backups,
  system,
  auth,
  module,
  internal,
};
export type Contract = typeof contract;

/** All definitions in one list, in a stable order. */
export const allOperations: readonly OperationDefinition[] = Object.values(contract).flatMap((group) =>
  Object.values(group),
);
