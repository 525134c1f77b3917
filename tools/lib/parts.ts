import { globSync } from 'node:fs';
import type { Part } from '../../tests/support/prerequisites.ts';

/** The parts of `npm test` in the order in which they run, each with the minutes it may take. */
export const budgets = { unit: 2, integration: 10, e2e: 8, faults: 4 } as const satisfies Record<Part, number>;

const allParts: readonly Part[] = ['unit', 'integration', 'e2e', 'faults'];

/** The parts that the arguments name; all without any. Throws on an unknown one, with the sentence for the user. */
export function chosenParts(args: readonly string[]): readonly Part[] {
  const unknown = args.filter((arg) => !allParts.some((part) => part === arg));
  if (unknown.length > 0) {
    throw new Error(
      `There is no part ${unknown.join(', ')}. Name some of: ${allParts.join(', ')}; or none, to run all.`,
    );
  }
  return args.length === 0 ? allParts : allParts.filter((part) => args.includes(part));
}

export function hasTests(part: Part): boolean {
  return globSync(`tests/${part}/**/*.test.{ts,tsx}`).length > 0;
}
