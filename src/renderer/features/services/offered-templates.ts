import type { ServiceDraft } from './service-draft.ts';

/** The most that are shown of one kind: more would be a list to search, not a hint. */
const shownOfEach = 4;

/**
 * What a draft could write into its environment or its command: its own ports, and where the other services answer. Examples
 * stand in where there is nothing to name yet.
 */
export function offeredTemplates(
  draft: Pick<ServiceDraft, 'name' | 'endpoints'>,
  serviceNames: readonly string[],
): string[] {
  const own = draft.endpoints.map(({ name }) => name.trim()).filter((name) => name !== '');
  const others = serviceNames.filter((name) => name !== draft.name.trim());
  return [
    ...(own.length === 0 ? ['http'] : own.slice(0, shownOfEach)).map((name) => `\${endpoints.${name}.port}`),
    ...(others.length === 0 ? ['db'] : others.slice(0, shownOfEach)).map((name) => `\${services.${name}.url}`),
  ];
}
