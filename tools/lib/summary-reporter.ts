import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { nothing, type Summary, summaryLine } from './summary.ts';

/** Where `npm test` wants the summary of a part, as JSON. Without it the closing line is printed. */
export const summaryVariable = 'CLOS_TEST_SUMMARY';

/**
 * Sums a run of vitest.
 *
 * A file that could not be loaded, a hook that failed, an error that nobody caught and a test that never ended count as
 * failed: vitest lists them beside the tests, where a sum of tests alone would lose them.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const summary = modules.reduce(addModule, { ...nothing, failed: unhandled.length });
    const file = process.env[summaryVariable];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
    else process.stdout.write(`\n${summaryLine(summary)}\n`);
  }
}

function addModule(sum: Summary, module: TestModule): Summary {
  let { passed, failed } = sum;
  const skipped = [...sum.skipped];
  failed += module.errors().length;
  for (const suite of module.children.allSuites()) failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') passed += 1;
    else if (result.state === 'skipped') skipped.push({ name: nameOf(test), reason: result.note ?? reasonOf(test) });
    else failed += 1;
  }
  return { passed, failed, skipped };
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function reasonOf(test: TestCase): string {
  switch (test.options.mode) {
    case 'todo':
      return 'not written yet (todo)';
    case 'skip':
      return 'marked as skipped in the code, without a reason';
    default:
      return 'left out because another test is marked `only`, or a hook before it failed';
  }
}
