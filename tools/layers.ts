/**
 * Checks who imports whom, by the rules of .dependency-cruiser.cjs in the working directory.
 *
 * dependency-cruiser finds no file at all, and is content, when it does not know the installed TypeScript. So this counts: each
 * source file must have been looked at.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type IViolation } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';

const rooms = ['src', 'tests', 'tools'].filter((room) => globSync(`${room}/**/*.{ts,tsx}`).length > 0);
const { output } = await cruise(rooms, await extractOptions(join(process.cwd(), '.dependency-cruiser.cjs')));
if (typeof output === 'string') throw new Error('dependency-cruiser answered with text instead of data');

const seen = new Set(output.modules.map((module) => module.source));
const missed = rooms.flatMap((room) => globSync(`${room}/**/*.{ts,tsx}`)).filter((file) => !seen.has(slashes(file)));
const { violations, totalDependenciesCruised, ruleSetUsed } = output.summary;
const comments = new Map(ruleSetUsed?.forbidden?.map((rule) => [rule.name, rule.comment]));

for (const violation of violations) print(violation);
if (seen.size === 0 || missed.length > 0) {
  process.stderr.write(
    `${missed.length} source files were not looked at, so nothing is proved: ${missed.slice(0, 5)}\n`,
  );
  process.stderr.write('Is node_modules/typescript the TypeScript 6 that dependency-cruiser can use?\n');
}
if (violations.length > 0 || missed.length > 0 || seen.size === 0) process.exit(1);
process.stdout.write(`${seen.size} files, ${totalDependenciesCruised ?? 0} imports: each in its layer\n`);

function print({ from, to, rule, cycle }: IViolation): void {
  const path = cycle === undefined ? to : cycle.map((step) => step.name).join(' → ');
  process.stderr.write(`${from} → ${path}\n  ${rule.name}: ${comments.get(rule.name) ?? ''}\n`);
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}
