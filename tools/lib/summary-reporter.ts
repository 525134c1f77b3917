import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { type Failed, nothing, type Summary, summaryLine } from './summary.ts';

/** Where `npm test` wants the summary of a part, as JSON. Without it the closing line is printed. */
export const summaryVariable = 'CLOS_TEST_SUMMARY';

const linesOfWhy = 12;

/**
 * Sums a run of vitest.
 *
 * A file that could not be loaded, a hook that failed, an error that nobody caught and a test that never ended count as
 * failed: vitest lists them beside the tests, where a sum of tests alone would lose them.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const summary = modules.reduce(addModule, {
      ...nothing,
      failed: unhandled.map((error) => failed('an error that nobody caught', [error])),
    });
    const file = process.env[summaryVariable];
    if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
    else process.stdout.write(`\n${summaryLine(summary)}\n`);
  }
}

function addModule(sum: Summary, module: TestModule): Summary {
  let { passed } = sum;
  const broken = [...sum.failed];
  const skipped = [...sum.skipped];
  for (const error of module.errors()) broken.push(failed(module.relativeModuleId, [error]));
  for (const suite of module.children.allSuites()) {
    for (const error of suite.errors()) broken.push(failed(`${module.relativeModuleId} > ${suite.fullName}`, [error]));
  }
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') passed += 1;
    else if (result.state === 'skipped') skipped.push({ name: nameOf(test), reason: result.note ?? reasonOf(test) });
    else broken.push(failed(nameOf(test), result.errors ?? []));
  }
  return { passed, failed: broken, skipped };
}

/** The first lines of what was thrown: enough to know the failure by at the end of a long run. */
function failed(name: string, errors: readonly SerializedError[]): Failed {
  const said = errors.length === 0 ? 'it did not end' : errors.map(({ message }) => message).join('\n');
  return { name, why: said.split('\n').slice(0, linesOfWhy).join('\n') };
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
