import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';

function helpOf(name: string): string {
  const program = createProgram({
    version: '2.0.0',
    serveRoot: new URL('file:///nowhere'),
    run: () => Promise.resolve(),
  });
  const command = [program, ...program.commands].find((each) => each.name() === name);
  let text = '';
  command?.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command?.outputHelp();
  return text;
}

const names = 'ps create start stop restart rm logs open who conflicts resolve serve status events api version'.split(
  ' ',
);

describe('help', () => {
  it('lists every command with one sentence', () => {
    const help = helpOf('clos');
    expect(names.filter((name) => !new RegExp(`^  ${name}\\b.* {2}\\w`, 'm').test(help))).toEqual([]);
    expect(help).toContain(
      'Exit codes: 0 done · 1 failed · 2 not understood · 3 not found · 4 conflict · 5 CLOS is not running · 6 not allowed',
    );
  });

  it('has an example for every command, and the options that all of them know', () => {
    for (const name of names) {
      const help = helpOf(name);
      expect(help, name).toMatch(new RegExp(`Example:\\n {2}\\$ clos ${name}\\b`));
      expect(help, name).toContain('--json');
    }
  });
});
