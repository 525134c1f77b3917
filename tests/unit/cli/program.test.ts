import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram, everyCommand } from '../../../src/cli/program.ts';

const program = createProgram({
  version: '2.0.0',
  serveRoot: new URL('file:///nowhere'),
  restoreRoot: new URL('file:///nowhere'),
  run: () => Promise.resolve(),
});

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** `clos ports ranges` of `ranges`. */
function lineOf(command: Command): string {
  return command.parent === null ? command.name() : `${lineOf(command.parent)} ${command.name()}`;
}

const commands = [...everyCommand(program)].filter((command) => command !== program);

describe('help', () => {
  it('lists every command with one sentence', () => {
    const help = helpOf(program);
    const names = program.commands.map((command) => command.name());
    expect(names).toEqual(
      (
        'run ps create adopt start stop restart rm logs open routes url who free ports conflicts resolve undo cancel settings ' +
        'protect may-end serve status doctor operations events audit connections backup backups webhooks restore api version'
      ).split(' '),
    );
    expect(names.filter((name) => !new RegExp(`^  ${name}\\b.* {2}\\w`, 'm').test(help))).toEqual([]);
    expect(help).toContain(
      'Exit codes: 0 done · 1 failed · 2 not understood · 3 not found · 4 conflict · 5 CLOS is not running · 6 not allowed',
    );
  });

  it('has an example for every command, and the options that all of them know', () => {
    expect(commands.map(lineOf)).toContain('clos ports set-range');
    for (const command of commands) {
      const help = helpOf(command);
      expect(help, lineOf(command)).toMatch(new RegExp(`Example:\\n {2}\\$ ${lineOf(command)}\\b`));
      expect(help, lineOf(command)).toContain('--json');
    }
  });

  it('is short: it fits on a screen', () => {
    expect(commands.filter((command) => helpOf(command).split('\n').length > 40).map(lineOf)).toEqual([]);
  });
});
