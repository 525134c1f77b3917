import { ClosError } from '#shared/contract/clos-error.ts';
import { findService, type StoredService } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';

/** The latest state; a command has the service, so it cannot be gone. */
export function reload(api: ApiContext, id: string): StoredService {
  const service = findService(api.db.read, id);
  if (service === null) throw new ClosError('SERVICE_NOT_FOUND', 'The service was deleted meanwhile.');
  return service;
}
