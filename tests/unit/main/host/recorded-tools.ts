import { readFileSync } from 'node:fs';
import type { ProgramCall, RunProgram } from '#main/host/run-program.ts';

/** What a tool of another system printed. */
export function recordedOutput(file: string): string {
  return readFileSync(new URL(`./recorded/${file}`, import.meta.url), 'utf8');
}

/** A way to run programs that answers with recordings, and the list of what was called. */
export function recordedRun(answer: (call: ProgramCall) => string | null): { run: RunProgram; calls: string[][] } {
  const calls: string[][] = [];
  return {
    calls,
    run: async (call) => {
      calls.push([call.program, ...call.args]);
      return answer(call);
    },
  };
}
