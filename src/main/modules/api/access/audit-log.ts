import type { Logger } from 'pino';
import { newId } from '#shared/base/ids.ts';
import type { AuditEntry } from '#shared/contract/audit.ts';
import { insertAudit } from '../../../database/audit.ts';
import type { CoreDb } from '../../../database/core-db.ts';

/**
 * Keeps who asked for what. It is written when the answer is out, so nobody waits for it; that something was changed, and by whom, is in
 * the event of the change itself, in its transaction.
 */
export function createAuditLog(db: CoreDb, log: Logger): (entry: Omit<AuditEntry, 'id'>) => void {
  return (entry) => {
    db.commit((write) => insertAudit(write, { id: newId('aud'), ...entry })).catch((error: unknown) =>
      log.warn({ err: error, requestId: entry.trace }, 'a request could not be noted in the audit log'),
    );
  };
}
