import type { Conflict, ConflictOption, DetectedConflict } from '#shared/contract/conflicts.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import { type ConflictSettings, matchesRule } from '#shared/contract/settings.ts';
import type { StoredService } from '../../../database/services.ts';
import { conflictSentence } from '../conflicts/conflict-record.ts';
import type { PortChoice } from './leases.ts';

/** What happens when a port of this service is taken: what it says itself, else what the settings say for all. */
export function policyOf(service: Pick<StoredService, 'onConflict'>, settings: ConflictSettings): ConflictPolicy {
  return service.onConflict === 'default' ? settings.onConflict : service.onConflict;
}

/** False where a service would wait for a port that its own other endpoint asks for: that never ends. */
export function canWait(conflicts: ReadonlyArray<Pick<DetectedConflict, 'wanted' | 'holder'>>): boolean {
  return conflicts.every(({ wanted, holder }) => holder.service === null || holder.service.id !== wanted.serviceId);
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

/**
 * What "takeover" applies to all that is in the way of a service. Null when one of it needs a person, be it that two endpoints of
 * the service ask for the same port: nobody is stopped for a start that cannot be.
 */
export function takeovers(
  conflicts: readonly Conflict[],
  settings: ConflictSettings,
): Array<{ conflict: Conflict; option: ConflictOption }> | null {
  const chosen: Array<{ conflict: Conflict; option: ConflictOption }> = [];
  for (const conflict of conflicts) {
    const option = takeoverOption(conflict, settings);
    if (option === null || chosen.some((one) => isRival(one.conflict.wanted, conflict.wanted))) return null;
    chosen.push({ conflict, option });
  }
  return chosen;
}

function isRival(one: Conflict['wanted'], other: Conflict['wanted']): boolean {
  return one.endpoint !== other.endpoint && one.protocol === other.protocol && one.port === other.port;
}

/** What "reassign" leases: the ports that the options offer in place of those that are held. Null where one conflict offers none. */
export function reassigned(
  choices: readonly PortChoice[],
  conflicts: readonly DetectedConflict[],
): PortChoice[] | null {
  const next = [...choices];
  for (const conflict of conflicts) {
    const option = conflict.options.find(({ strategy }) => strategy === 'reassign');
    const index = next.findIndex(({ endpoint }) => endpoint.name === conflict.wanted.endpoint);
    const choice = next[index];
    if (option?.port == null || choice === undefined) return null;
    next[index] = { ...choice, port: option.port, reason: `reassigned by policy: ${conflictSentence(conflict)}` };
  }
  return next;
}
