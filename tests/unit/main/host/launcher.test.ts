import { describe, expect, it } from 'vitest';
import { outermostLauncher } from '#main/host/launcher.ts';
import type { ProcessInfo } from '#main/host/types.ts';

const ourselves = { pid: 500, ancestors: [400, 1], sessionId: 450 };

interface Step {
  argv: string[];
  change?: Partial<ProcessInfo>;
}

/** A family line, the oldest first; each is the child of the one before, all in the session of a terminal (pid 10). */
function line(...steps: Array<string[] | Step>): ProcessInfo[] {
  return steps.map((step, index) => {
    const { argv, change } = Array.isArray(step) ? { argv: step, change: {} } : step;
    return {
      pid: 1000 + index,
      name: argv[0] ?? '',
      command: argv.join(' '),
      argv,
      executable: null,
      cwd: '/home/ada/shop',
      user: 'ada',
      uid: 1000,
      startedAt: '2026-01-01T00:00:00.000Z',
      startTicks: 7000,
      bootId: 'boot',
      ppid: index === 0 ? 10 : 999 + index,
      sessionId: 10,
      hasTerminal: true,
      containerId: null,
      ancestors: [],
      ...change,
    };
  });
}

/** The place in the line of what has to be ended for its last. */
function outermost(...steps: Array<string[] | Step>): number {
  const [last, ...ancestors] = line(...steps).reverse();
  if (last === undefined) throw new Error('A line has someone');
  return outermostLauncher(last, ancestors, ourselves).pid - 1000;
}

const agent = ['node', '/usr/lib/node_modules/some-agent/cli.js'];
const server = ['node', 'server.js'];

describe('what has to be ended as a whole', () => {
  it.each<[string, Array<string[] | Step>]>([
    ['npm, by its title', [['npm run dev'], ['sh', '-c', 'vite'], ['node', '/x/node_modules/.bin/vite']]],
    ['npm, by its file', [['node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'start'], ['sh', '-c', 'x'], server]],
    ['pnpm', [['node', '/home/ada/.cache/pnpm.cjs', 'dev'], server]],
    ['yarn of a project', [['node', '/home/ada/shop/.yarn/releases/yarn-4.5.0.cjs', 'dev'], server]],
    ['npx', [['npm exec vite'], ['sh', '-c', 'vite'], ['node', '/x/.bin/vite']]],
    ['bun with a script of the project', [['bun', 'run', 'dev'], server]],
    [
      'deno with a task',
      [
        ['deno', 'task', 'dev'],
        ['deno', 'run', 'main.ts'],
      ],
    ],
    [
      'concurrently with all that it runs',
      [['npm run all'], ['node', '/x/.bin/concurrently', 'a', 'b'], ['sh', '-c', 'a'], server],
    ],
    ['make', [['make', 'dev'], ['/bin/sh', '-c', 'go run .'], ['go', 'run', '.'], ['/tmp/go-build1/exe/shop']]],
    [
      'turbo',
      [
        ['npm run dev'],
        ['/x/node_modules/turbo-linux-64/bin/turbo', 'dev'],
        ['npm run dev'],
        ['sh', '-c', 'x'],
        server,
      ],
    ],
    ['nodemon', [['node', '/x/node_modules/nodemon/bin/nodemon.js', 'server.js'], server]],
    [
      'tsx, by the package of its file',
      [
        ['node', '/x/node_modules/tsx/dist/cli.mjs', 'watch', 'server.ts'],
        ['node', '--require', '/x/preflight.cjs', 'server.ts'],
      ],
    ],
    [
      'pnpm’s own folders',
      [
        ['node', '/x/node_modules/.pnpm/tsx@4.1.0/node_modules/tsx/dist/cli.mjs', 'a.ts'],
        ['node', 'a.ts'],
      ],
    ],
    ['Node that watches', [['node', '--watch', 'server.js'], server]],
    ['cargo', [['cargo', 'run'], ['target/debug/shop']]],
    [
      'uvicorn that reloads',
      [
        ['/usr/bin/python3', '/usr/bin/uvicorn', 'main:app', '--reload'],
        ['/usr/bin/python3', '-c', 'from multiprocessing.spawn import spawn_main'],
      ],
    ],
    [
      'flask as a module',
      [
        ['python3', '-m', 'flask', 'run'],
        ['/usr/bin/python3', '-m', 'flask', 'run'],
      ],
    ],
    [
      'a reloader that starts itself again',
      [
        ['python', 'manage.py', 'runserver'],
        ['/usr/bin/python3', 'manage.py', 'runserver'],
      ],
    ],
    [
      'next, which serves from a child',
      [['npm run dev'], ['sh', '-c', 'next dev'], ['node', '/x/node_modules/.bin/next', 'dev'], ['next-server (v16)']],
    ],
    ['what fills in the environment', [['dotenv', '-e', '.env', '--', 'node', 'server.js'], server]],
  ])('%s', (_, steps) => {
    expect(outermost(...steps)).toBe(0);
  });

  it.each<[string, Array<string[] | Step>, number]>([
    ['the program itself, when a terminal has started it', [['-bash'], server], 1],
    ['the program itself, when its parent is another program', [agent, server], 1],
    [
      'no more than what a coding agent has started',
      [['npx', 'some-agent'], agent, ['bash', '-c', 'npm run dev'], ['npm run dev'], ['sh', '-c', 'vite'], server],
      2,
    ],
    ['no agent that runs on bun', [['bun', 'run', 'agent.ts'], ['sh', '-c', 'npm start'], ['npm start'], server], 1],
    [
      'no shell that leads a session',
      [{ argv: ['bash', '-c', 'npm start'], change: { sessionId: 1000, hasTerminal: false } }, ['npm start'], server],
      1,
    ],
    ['no script that may do more', [['bash', './dev.sh'], server], 1],
    ['no supervisor that runs others too', [['PM2 v5.4.2: God Daemon (/home/ada/.pm2)'], server], 1],
    [
      'nothing that CLOS runs under',
      [{ argv: ['npm run serve'], change: { pid: 400 } }, { argv: ['npm run dev'], change: { ppid: 400 } }, server],
      1,
    ],
    ['nothing above a gap in the line', [['npm run dev'], { argv: ['sh', '-c', 'x'], change: { ppid: 1 } }, server], 1],
  ])('%s', (_, steps, expected) => {
    expect(outermost(...steps)).toBe(expected);
  });
});
