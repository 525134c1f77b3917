import type { ProgramRule } from '#shared/contract/settings.ts';

/** "node", "node with “vite” in its command". */
export function ruleWords({ name, commandContains }: ProgramRule): string {
  return commandContains === undefined ? name : `${name} with “${commandContains}” in its command`;
}

export function isSameRule(a: ProgramRule, b: ProgramRule): boolean {
  return a.name === b.name && a.commandContains === b.commandContains;
}

/** The rules with one more. One that is there already stays once. */
export function withRule(rules: readonly ProgramRule[], rule: ProgramRule): ProgramRule[] {
  return [...rules.filter((known) => !isSameRule(known, rule)), rule];
}

export function withoutRule(rules: readonly ProgramRule[], rule: ProgramRule): ProgramRule[] {
  return rules.filter((known) => !isSameRule(known, rule));
}
