import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

function run(entry: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const file = fileURLToPath(new URL(`../../../src/cli/${entry}`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

it.each([[['--version']], [['who', '--help']], [['who', 'not-a-port']], [['no-such-command']]])(
  'says the same with what Node compiled kept as without: clos %j',
  async (args) => {
    const plain = await run('cli.ts', ...args);
    expect(plain.stdout + plain.stderr).not.toBe('');
    // Once to keep it and once to use it.
    expect([await run('start.js', ...args), await run('start.js', ...args)]).toEqual([plain, plain]);
    expect(existsSync(fileURLToPath(new URL('../../../.tmp/code', import.meta.url)))).toBe(true);
  },
);
