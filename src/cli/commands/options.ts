import { Option } from 'commander';
import { conflictPolicies } from '#shared/contract/service-spec.ts';

/** Puts the values of an option that may be repeated into a list. */
export const collect = (value: string, previous: string[] = []) => [...previous, value];

/** What a service does when a port that it wants is taken. */
export function onConflictOption(): Option {
  return new Option('--on-conflict <what>', 'when a port is taken').choices(['default', ...conflictPolicies]);
}

/** Shows a plan instead of carrying it out. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'show what would be done and change nothing');
}

/** Whether a visit of its page starts a service. */
export function startOnVisitOption(): Option {
  return new Option('--start-on-visit', 'a visit to its name in a browser starts it');
}
