import type { Health, ServiceStatus } from '#shared/contract/services.ts';
import { closeConflict, openConflictsOf } from '../../../database/conflicts.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import type { StoredService } from '../../../database/services.ts';
import { updateLife } from '../../../database/services.ts';
import { type Provenance, serviceSubject } from '../access/actors.ts';

/** Changes of a service's life, each with its event, in the caller's transaction. A change to what already is says nothing. */

export function changeStatus(
  db: WriteDb,
  service: StoredService,
  change: { to: ServiceStatus; reason?: string | null; exitCode?: number | null } & Provenance,
): void {
  const { to, reason = null, exitCode = null, actor, cause } = change;
  if (service.status === to && service.statusReason === reason) return;
  updateLife(db, service.id, { status: { to, reason } });
  appendEvent(db, {
    type: 'service.status-changed',
    subject: serviceSubject(service),
    actor,
    cause,
    data: { from: service.status, to, reason, exitCode },
  });
}

export function changeHealth(
  db: WriteDb,
  service: StoredService,
  change: { to: Health; reason?: string | null } & Provenance,
): void {
  const { to, reason = null, actor, cause } = change;
  if (service.health === to) return;
  updateLife(db, service.id, { health: to });
  appendEvent(db, {
    type: 'service.health-changed',
    subject: serviceSubject(service),
    actor,
    cause,
    data: { from: service.health, to, reason },
  });
}

/** Has a service start by itself as soon as its ports can be had, or not any more. */
export function changeWaits(
  db: WriteDb,
  service: StoredService,
  change: { to: boolean; reason: string } & Provenance,
): void {
  const { to, reason, actor, cause } = change;
  if (service.waits === to) return;
  updateLife(db, service.id, { waits: to });
  appendEvent(db, {
    type: 'service.waiting-changed',
    subject: serviceSubject(service),
    actor,
    cause,
    data: { waits: to, reason },
  });
}

/** Closes what stood in the way of a service and does not any more. */
export function clearConflicts(db: WriteDb, service: StoredService, why: { reason: string } & Provenance): void {
  for (const { id } of openConflictsOf(db, service.id)) {
    closeConflict(db, id, 'cleared');
    appendEvent(db, {
      type: 'conflict.cleared',
      subject: { type: 'conflict', id, name: service.name },
      actor: why.actor,
      cause: why.cause,
      data: { reason: why.reason },
    });
  }
}
