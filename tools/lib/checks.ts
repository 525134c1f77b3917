import { duration, packageProgram, run } from './run.ts';
import { add, failure, nothing, type Summary } from './summary.ts';

/** The static checks, in the order in which they are most useful to read. */
const checks: Record<string, () => string[]> = {
  format: () => [...packageProgram('@biomejs/biome', 'biome'), 'check', '--linter-enabled=false', '.'],
  lint: () => [...packageProgram('@biomejs/biome', 'biome'), 'lint', '.'],
  layers: () => [process.execPath, 'tools/layers.ts'],
  types: () => [...packageProgram('@typescript/native', 'tsc'), '-b'],
  'dead code': () => packageProgram('knip'),
};

/** Runs every static check, prints a line and the time of each, and what those that failed or warned have to say. */
export async function runChecks(): Promise<Summary> {
  let summary = nothing;
  for (const [name, command] of Object.entries(checks)) {
    const { code, output, milliseconds } = await run(command(), { capture: true });
    summary = add(summary, code === 0 ? { ...nothing, passed: 1 } : failure(name, 'see what it said above'));
    process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${duration(milliseconds)}\n`);
    if (code !== 0 || /Found \d+ warning/.test(output)) process.stdout.write(`${output.trimEnd()}\n\n`);
  }
  return summary;
}
