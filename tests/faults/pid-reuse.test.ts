import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const trials = fileURLToPath(new URL('./pid-reuse-trials.ts', import.meta.url));

/** Who is not root becomes it in a namespace of users too. */
const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

describe.runIf(process.platform === 'linux')('a process id that was given away again', () => {
  it('ends nobody who has it now, in 170 trials with real processes', async () => {
    const { stdout } = await promisify(execFile)('unshare', [
      ...asRoot,
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      process.execPath,
      '--no-warnings',
      trials,
    ]);

    expect(JSON.parse(stdout)).toEqual({
      pid: 1,
      afterItsEnd: { 'PROCESS_GONE, unharmed': 100 },
      whileItEnds: { unharmed: 50 },
      asTheRunOfAService: { 'ended, crashed, unharmed': 20 },
      stillTheSame: { SIGTERM: 20 },
    });
  });
});
