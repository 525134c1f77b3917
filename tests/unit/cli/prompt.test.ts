import { describe, expect, it } from 'vitest';
import { plainPaint } from '../../../src/cli/output/style.ts';
import type { Terminal } from '../../../src/cli/output/terminal.ts';
import { askChoice, askYes } from '../../../src/cli/prompt.ts';

/** A person who gives these answers, one after the other, and what they read. */
function person(answers: string[]): { terminal: Terminal; read: string[] } {
  const read: string[] = [];
  const say = async (...lines: string[]) => void read.push(...lines);
  const terminal: Terminal = {
    width: 80,
    paint: plainPaint,
    interactive: true,
    out: say,
    err: say,
    raw: say,
    clear: () => say(),
    ask: async (question) => {
      read.push(question);
      return answers.shift() ?? '';
    },
  };
  return { terminal, read };
}

const choices = [
  { value: 'reassign', lines: ['Run web on 3001', '$ clos resolve'] },
  { value: 'wait', lines: ['Wait'] },
];

describe('a question on the terminal', () => {
  it('lists the choices with their numbers and takes one of them', async () => {
    const { terminal, read } = person(['7', 'what', '2']);
    expect(await askChoice(terminal, choices)).toBe('wait');
    expect(read).toEqual([
      '  1  Run web on 3001',
      '     $ clos resolve',
      '  2  Wait',
      'Which one? [1-2, q for none] ',
      'Which one? [1-2, q for none] ',
      'Which one? [1-2, q for none] ',
    ]);
  });

  it('takes none when the person goes away or says so', async () => {
    for (const answer of ['', 'q', 'N']) expect(await askChoice(person([answer]).terminal, choices)).toBeNull();
  });

  it('takes only a yes for a yes', async () => {
    const answers = ['y', 'YES', '', 'n', 'yeah'];
    expect(await Promise.all(answers.map((answer) => askYes(person([answer]).terminal, 'Do it?')))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
