import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import type { ConflictSettings, ProgramRule } from '#shared/contract/settings.ts';

const meanings = {
  ask: 'the start stops and shows the ways out',
  reassign: 'the service takes another port of its range',
  takeover: 'the holder is stopped, where CLOS may stop it',
  wait: 'the service starts by itself when the port is free',
} as const satisfies Record<ConflictPolicy, string>;

/** "node, where the command contains "vite"". */
export function ruleText({ name, commandContains }: ProgramRule): string {
  return commandContains === undefined ? name : `${name}, where the command contains "${commandContains}"`;
}

/** The settings that conflicts are dealt with by. */
export function renderSettings({ onConflict, mayEnd, protect }: ConflictSettings): string[] {
  return [
    `When a port is taken  ${onConflict}: ${meanings[onConflict]}`,
    ...listLines('Takeover may end', mayEnd),
    ...listLines('Never ended', protect),
  ];
}

function listLines(title: string, rules: readonly ProgramRule[]): string[] {
  const texts = rules.length === 0 ? ['nothing named'] : rules.map(ruleText);
  return texts.map((text, index) => `${(index === 0 ? title : '').padEnd(20)}  ${text}`);
}
