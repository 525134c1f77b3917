import { describe, expect, it } from 'vitest';
import { findHome } from '#shared/node/home.ts';
import { chooseOption } from '../../../src/cli/choose-option.ts';
import type { CliContext } from '../../../src/cli/context.ts';
import { askChoice, askYes } from '../../../src/cli/prompt.ts';
import { now, person, sampleConflict } from './samples.ts';

const choices = [
  { value: 'reassign', line: 'Run web on 3001' },
  { value: 'wait', line: 'Wait' },
];

describe('a question on the terminal', () => {
  it('lists the choices with their numbers and takes one of them', async () => {
    const { terminal, read } = person(['7', 'what', '2']);
    expect(await askChoice(terminal, choices)).toBe('wait');
    expect(read).toEqual([
      '  1  Run web on 3001',
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

describe('the way out of a conflict', () => {
  const contextOf = (answers: string[] | null) => {
    const { terminal, read } = person(answers ?? []);
    const context: CliContext = {
      env: {},
      cwd: '/',
      home: findHome({ CLOS_HOME: '/nowhere' }),
      json: false,
      quiet: false,
      terminal: { ...terminal, interactive: answers !== null },
      version: '2.0.0',
      now: () => now,
      connect: () => Promise.reject(new Error('Nobody is called here')),
    };
    return { context, read };
  };
  const risky = { ...sampleConflict, options: sampleConflict.options.filter(({ risk }) => risk === 'high') };

  it('is chosen from the list, the recommended one first, below who holds the port', async () => {
    const turned = { ...sampleConflict, options: sampleConflict.options.toReversed() };
    const { context, read } = contextOf(['1']);
    expect(await chooseOption(context, turned, {})).toBe('reassign');
    expect(read).toEqual([
      expect.stringMatching(/^◧ web wants :3000 +2 min ago$/),
      expect.stringMatching(/^ {2}held by {2}node /),
      expect.stringMatching(/^ {11}blog /),
      '',
      '  Why  tcp 0.0.0.0:3000 listens',
      '       127.0.0.1:3000 cannot be bound',
      '',
      '  1  Run web on 3001  recommended · nothing stops · affects api',
      '  2  Stop vite (TERM)  node stops · high risk · cannot be undone',
      'Which one? [1-2, q for none] ',
    ]);
  });

  it('needs a yes when it is of high risk', async () => {
    const { context, read } = contextOf(['2', 'y']);
    expect(await chooseOption(context, sampleConflict, {})).toBe('end-process');
    expect(read.at(-1)).toBe('Stop vite (TERM): this is of high risk. Do it? [y/N] ');
    expect(await chooseOption(contextOf(['n']).context, sampleConflict, { option: 'end-process' })).toBeNull();
    expect(await chooseOption(contextOf([]).context, sampleConflict, { option: 'end-process', dryRun: true })).toBe(
      'end-process',
    );
  });

  it('is the recommended one where nobody can be asked, as long as it is free of risk or agreed to', async () => {
    const { context, read } = contextOf(null);
    expect(await chooseOption(context, sampleConflict, {})).toBe('reassign');
    expect(await chooseOption(context, sampleConflict, { option: 'end-process', yes: true })).toBe('end-process');
    expect(read).toEqual([]);
    await expect(chooseOption(context, sampleConflict, { option: 'end-process' })).rejects.toThrow(
      '"Stop vite (TERM)" is of high risk, and nobody can be asked here.',
    );
    await expect(chooseOption(context, risky, {})).rejects.toThrow('No way out of this conflict is free of risk');
    await expect(chooseOption(context, { ...sampleConflict, options: [] }, {})).rejects.toThrow(
      'CLOS has no way out of this conflict.',
    );
  });
});
