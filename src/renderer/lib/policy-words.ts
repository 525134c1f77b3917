import type { ConflictPolicy, ServiceSpec } from '#shared/contract/service-spec.ts';

/** What happens when a port that a start wants is taken: in two words, and as a sentence. */
export const policyWords: Record<ConflictPolicy, { label: string; sentence: string }> = {
  ask: { label: 'ask', sentence: 'The start stops there, and you choose a way out.' },
  reassign: { label: 'take another', sentence: 'The service gets the nearest free port of its range and keeps it.' },
  takeover: {
    label: 'take it over',
    sentence: 'A service that holds the port is stopped; of other programs, only those that the settings name.',
  },
  wait: { label: 'wait', sentence: 'The service starts by itself as soon as the port frees.' },
};

export function onConflictWords(value: ServiceSpec['onConflict']): string {
  return value === 'default' ? 'as the settings say' : policyWords[value].label;
}
