import { permissions, rolePermissions } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { createOpenApi } from '#shared/contract/openapi.ts';
import { type ServiceStatus, serviceStatuses } from '#shared/contract/services.ts';
import type { ModuleState } from '#shared/contract/system.ts';
import { readDiscovery } from '#shared/node/discovery.ts';
import type { Backup } from '../../../database/backups.ts';
import { countOpenConflicts } from '../../../database/conflicts.ts';
import { lastSeq } from '../../../database/events.ts';
import { deleteSession } from '../../../database/keys.ts';
import { recentlyRestored } from '../../../database/restored.ts';
import { countServicesByStatus } from '../../../database/services.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import type { Credentials } from '../access/credentials.ts';
import type { ApiContext } from '../api-context.ts';

export function systemHandlers(
  api: ApiContext,
  { modules, newestBackup }: { modules(): ModuleState[]; newestBackup(): Backup | null },
): Handler[] {
  const { system } = contract;
  // Made when it is asked for first: a tenth of the time that the api takes to start.
  let document: ReturnType<typeof createOpenApi> | null = null;
  return [
    handle(system.status, () => {
      const counts = countServicesByStatus(api.db.read);
      const count = (...statuses: ServiceStatus[]) =>
        statuses.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0);
      return {
        version: api.module.version,
        seq: lastSeq(api.db.read),
        engine: api.seat.status(),
        modules: modules(),
        services: {
          total: count(...serviceStatuses),
          running: count('running', 'unhealthy'),
          failed: count('failed'),
          unhealthy: count('unhealthy'),
        },
        openConflicts: countOpenConflicts(api.db.read),
        storage: { backup: newestBackup(), restored: recentlyRestored(api.db.read) },
      };
    }),
    handle(system.openapi, () => {
      document ??= createOpenApi(api.module.version);
      return document;
    }),
  ];
}

export function authHandlers(api: ApiContext, credentials: Credentials): Handler[] {
  const { auth } = contract;
  return [
    handle(auth.me, (call) => {
      const { principal } = call;
      if (principal === null) throw new ClosError('NOT_SIGNED_IN');
      if (principal.type === 'module') return { ...principal, role: null, permissions: [...permissions] };
      return { ...principal, permissions: [...rolePermissions[principal.role]] };
    }),
    handle(auth.createSignInLink, async () => {
      const { word, expiresAt } = await credentials.issueSignInCode();
      const discovery = await readDiscovery(api.module.home);
      const base = discovery?.dashboard.url ?? `http://127.0.0.1:${api.module.config.ports.dashboard}`;
      return { url: `${base}/#signin=${word}`, expiresAt };
    }),
    handle(auth.signIn, async (call) => {
      const session = await credentials.signIn(call.body.code);
      if (session === null)
        throw new ClosError('NOT_SIGNED_IN', 'The link was used before or is too old. Get a new one with: clos open');
      return session;
    }),
    handle(auth.signOut, async (call) => {
      const { principal } = call;
      if (principal?.type === 'session') await api.db.commit((write) => deleteSession(write, principal.id));
      return undefined;
    }),
    handle(auth.createTicket, async (call) => {
      if (call.principal === null) throw new ClosError('NOT_SIGNED_IN');
      const { word: ticket, expiresAt } = await credentials.issueTicket(call.principal);
      return { ticket, expiresAt };
    }),
  ];
}
