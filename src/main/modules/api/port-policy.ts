import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import { type ConflictSettings, matchesRule } from '#shared/contract/settings.ts';
import type { StoredService } from '../../database/services.ts';

/** What happens when a port of this service is taken: what it says itself, else what the settings say for all. */
export function policyOf(service: Pick<StoredService, 'onConflict'>, settings: ConflictSettings): ConflictPolicy {
  return service.onConflict === 'default' ? settings.onConflict : service.onConflict;
}

/**
 * The option that "takeover" applies, without asking anybody: another service of CLOS makes room, and of all else only a program
 * that the settings name. Null when neither is possible, so that a person has to decide.
 */
export function takeoverOption({ options, holder }: Conflict, settings: ConflictSettings): ConflictOption | null {
  const stop = options.find(({ strategy }) => strategy === 'stop-service');
  if (stop !== undefined) return stop;
  const named = holder.type === 'process' && settings.mayEnd.some((rule) => matchesRule(rule, holder));
  return named ? (options.find(({ strategy }) => strategy === 'end-process') ?? null) : null;
}
