import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** One project per folder of tests/. Only what touches nothing that is shared runs side by side, on the two cores we count on. */
function project(
  name: string,
  order: number,
  options: TestProjectInlineConfiguration['test'],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: { name, include: [`tests/${name}/**/*.test.{ts,tsx}`], sequence: { groupOrder: order }, ...options },
  };
}

/** One engine for all tests of a run: `inject('engine')`. */
const globalSetup = './tests/support/engine-setup.ts';

export default defineConfig({
  test: {
    reporters: ['default', './tools/lib/summary-reporter.ts'],
    environment: 'node',
    pool: 'forks',
    teardownTimeout: 15_000,
    // A test that passes at the second try is a defect that we want to see.
    retry: 0,
    projects: [
      project('unit', 0, { maxWorkers: 2, testTimeout: 10_000, hookTimeout: 10_000 }),
      project('integration', 1, { globalSetup, maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000 }),
      project('e2e', 2, {
        globalSetup,
        fileParallelism: false,
        testTimeout: 90_000,
        hookTimeout: 120_000,
      }),
      project('faults', 3, { globalSetup, fileParallelism: false, testTimeout: 90_000, hookTimeout: 120_000 }),
    ],
  },
});
