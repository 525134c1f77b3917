import { describe, expect, it } from 'vitest';
import { ancestorsOf, argvOf, entriesOf, parseEnvironment, parsePs, sessionOf } from '#main/host/macos/ps-output.ts';
import { recordedOutput } from '../recorded-tools.ts';

const table = parsePs(recordedOutput('macos/ps.txt'), recordedOutput('macos/ps-names.txt'));

function argv(pid: number): string[] | null {
  const found = table.get(pid);
  return found === undefined ? null : argvOf(found);
}

describe('recorded output of ps on macOS', () => {
  it('gives each process with its start in UTC', () => {
    expect(table.size).toBe(16);
    expect(table.get(3100)).toEqual({
      pid: 3100,
      ppid: 3098,
      processGroup: 3098,
      uid: 501,
      user: 'ada',
      state: 'S+',
      hasTerminal: true,
      startedAt: Date.UTC(2025, 10, 24, 8, 54, 21) / 1000,
      program: 'node',
      command: 'node server.js --token=abc',
    });
  });

  it('reads a day of one digit, a date the other way round, a user below zero', () => {
    expect(table.get(2034)?.startedAt).toBe(Date.UTC(2025, 10, 3, 22, 10, 9) / 1000);
    expect([table.get(3200)?.startedAt, table.get(3200)?.uid]).toEqual([Date.UTC(2025, 10, 24, 8, 56) / 1000, -2]);
  });

  it('keeps the spaces of a program, and parts the other arguments at each', () => {
    expect([argv(3155), argv(3098), argv(902), argv(3101)]).toEqual([
      [
        '/Applications/Visual Studio Code.app/Contents/Frameworks/Code Helper (Plugin).app/Contents/MacOS/Code Helper (Plugin)',
        '--type=utility',
        '--lang=en-GB',
      ],
      ['npm run dev'],
      ['-zsh'],
      ['/opt/homebrew/Cellar/node/24.1.0/bin/node', 'server.js', '--token=abc'],
    ]);
  });

  it('takes the first word for the program where the second call does not know it', () => {
    const [found] = parsePs('  7     1     7   501 S    ??  Mon Nov 24 08:00:00 2025 ada node a b\n', '').values();
    expect(found === undefined ? null : [found.program, argvOf(found)]).toEqual(['node', ['node', 'a', 'b']]);
  });

  it('gives the parents of a process, the nearest first', () => {
    expect(ancestorsOf(3101, table)).toEqual([3100, 3098, 902, 901, 900, 1]);
  });

  it('finds who leads the session: itself, its group, an ancestor, else the group in its place', () => {
    expect([901, 3101, 2034, 512, 548, 1201].map((pid) => sessionOf(pid, table))).toEqual([
      901, 901, 2034, 512, 548, 1199,
    ]);
  });

  it('lists the processes that live', () => {
    const entries = entriesOf(table, 'boot');
    expect(entries.map(({ pid }) => pid)).toEqual([
      1, 354, 512, 548, 900, 901, 902, 1199, 1201, 2034, 3098, 3100, 3101, 3155, 3200,
    ]);
    expect(entries.find(({ pid }) => pid === 3101)).toEqual({
      pid: 3101,
      startTicks: Date.UTC(2025, 10, 24, 8, 54, 22) / 1000,
      bootId: 'boot',
      ppid: 3100,
      processGroup: 3098,
      sessionId: 901,
    });
  });

  it('is not confused by a circle of parents, nor by lines that make no sense', () => {
    const circle = new Map([
      [7, { ppid: 8 }],
      [8, { ppid: 7 }],
      [9, { ppid: 9 }],
    ]);
    expect([ancestorsOf(7, circle), ancestorsOf(9, circle), ancestorsOf(5, circle)]).toEqual([[8], [], []]);
    expect(parsePs('ps: illegal option\n\n 7 1 7 501 S ?? Mon Foo 99 1:2:3 25 ada x\n', 'x\n').size).toBe(0);
  });

  it('gives the environment that follows the command, with the spaces of its values', () => {
    const command = 'node server.js --token=abc';
    const text = `${command} PATH=/usr/bin:/bin HOME=/Users/ada TITLE=my shop, not yours EMPTY= URL=http://x/?a=b\n`;
    expect(parseEnvironment(text, command)).toEqual({
      PATH: '/usr/bin:/bin',
      HOME: '/Users/ada',
      TITLE: 'my shop, not yours',
      EMPTY: '',
      URL: 'http://x/?a=b',
    });
    expect([parseEnvironment(command, command), parseEnvironment('another', command)]).toEqual([null, null]);
  });
});
