import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sendSignal } from '#main/runtimes/process/send-signal.ts';

describe('a signal', () => {
  it.each([[1], [0], [-1], [-4242], [1.5], [Number.NaN]])('is never sent to %s', (pid) => {
    expect(() => sendSignal({ pid, scope: 'process' }, 'SIGTERM')).toThrow(
      new RangeError(`${pid} must never be signalled`),
    );
  });

  it('is sent to others in one place; elsewhere only to what is ours', () => {
    const files = globSync('src/**/*.{ts,tsx}')
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => /\bprocess\.kill\(\s*[^)\s]/.test(readFileSync(file, 'utf8')));
    expect(files.sort()).toEqual([
      // A module of ours.
      'src/main/desktop/utility-starter.ts',
      'src/main/runtimes/process/send-signal.ts',
      // The group of the wrapper's own child.
      'src/main/runtimes/process/wrapper.ts',
    ]);
  });
});
