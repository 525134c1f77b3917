/**
 * `npm test [-- part …]`: static checks and tests, part by part, each against its budget of time.
 *
 * The last line is the sum: `N passed, N failed`, and `, N skipped` when something was left out.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Part, Prerequisite } from '../tests/support/prerequisites.ts';
import { build } from './lib/build.ts';
import { runChecks } from './lib/checks.ts';
import { install, missingFor } from './lib/install.ts';
import { budgets, chosenParts, hasTests } from './lib/parts.ts';
import { duration, packageProgram, run } from './lib/run.ts';
import { add, failure, nothing, type Summary, succeeded, summaryLine } from './lib/summary.ts';
import { summaryVariable } from './lib/summary-reporter.ts';

const summarySchema: z.ZodType<Summary> = z.object({
  passed: z.number(),
  failed: z.array(z.object({ name: z.string(), why: z.string() })),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
});
const minute = 60_000;

/** A part may take this many times its budget before it is ended: a hung test must not hang the run. */
const patience = 3;

async function main(): Promise<number> {
  const parts = chosenParts(process.argv.slice(2));
  const missing = await install(missingFor(parts.filter(hasTests)));
  let sum = nothing;
  const times: string[] = [];
  for (const part of parts) {
    heading(part);
    const started = performance.now();
    sum = add(sum, await runPart(part, missing));
    const spent = performance.now() - started;
    const over = spent > budgets[part] * minute ? '  over budget' : '';
    times.push(`  ${part.padEnd(12)} ${duration(spent).padStart(9)} of ${budgets[part]} m${over}`);
  }
  heading('result');
  for (const { name, why } of sum.failed) say(`FAILED: ${name}\n${why.replace(/^/gm, '        ')}`);
  for (const { name, reason } of sum.skipped) say(`skipped: ${name}\n         ${reason}`);
  say(`${times.join('\n')}\n`);
  say(summaryLine(sum));
  return succeeded(sum) ? 0 : 1;
}

async function runPart(part: Part, missing: readonly Prerequisite[]): Promise<Summary> {
  const checks = part === 'unit' ? await runChecks() : nothing;
  if (!hasTests(part)) {
    say(`none yet: there is no tests/${part}/**/*.test.ts`);
    return checks;
  }
  const lacking = missing.filter((one) => one.neededBy.includes(part)).map((one) => one.name);
  if (lacking.length > 0) return leaveOut(part, `this machine lacks ${lacking.join(', ')}`);
  if (part === 'e2e' && !(await build())) return failure('the build', 'see what it said above');
  return add(checks, await runTests(part));
}

function leaveOut(part: Part, reason: string): Summary {
  say(`left out: ${reason}`);
  if (process.env.CI === 'true') {
    say('CI=true, so that counts as failed.');
    return failure(`all ${part} tests`, reason);
  }
  return { ...nothing, skipped: [{ name: `all ${part} tests`, reason }] };
}

async function runTests(part: Part): Promise<Summary> {
  const folder = mkdtempSync(join(tmpdir(), 'clos-test-'));
  const file = join(folder, 'summary.json');
  const command = [...packageProgram('vitest'), 'run', '--project', part];
  const { code } = await run(command, {
    env: { [summaryVariable]: file },
    timeoutMs: patience * budgets[part] * minute,
  });
  const summary = readSummary(part, file);
  rmSync(folder, { recursive: true });
  // vitest knows of failures that are no test's: a part that did not end well never counts as passed.
  return code !== 0 && summary.failed.length === 0
    ? add(summary, failure(`all ${part} tests`, `vitest ended with code ${code}`))
    : summary;
}

function readSummary(part: Part, file: string): Summary {
  try {
    return summarySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return failure(`all ${part} tests`, 'vitest ended without a summary');
  }
}

function heading(text: string): void {
  say(`\n── ${text} ${'─'.repeat(70 - text.length)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
