import { describe, expect, it } from 'vitest';
import { withoutNoise } from '#main/host/read-for-restart.ts';

describe('the environment of a process that is started again', () => {
  it('has what the program was given, and nothing of the shell, terminal and parent that gave it', () => {
    const kept = {
      PATH: '/usr/bin',
      HOME: '/home/ada',
      DATABASE_URL: 'postgres://',
      NODE_ENV: 'development',
      PORT: '3000',
    };
    const noise = {
      _: '/usr/bin/npm',
      SHLVL: '2',
      PWD: '/home/ada',
      OLDPWD: '/',
      TERM: 'xterm',
      TERM_PROGRAM: 'vscode',
      COLORTERM: 'truecolor',
      TMUX_PANE: '%1',
      SSH_TTY: '/dev/pts/0',
      VSCODE_PID: '1',
      npm_lifecycle_event: 'dev',
      npm_package_name: 'shop',
      npm_config_cache: '/home/ada/.npm',
      INIT_CWD: '/home/ada/shop',
      NODE_CHANNEL_FD: '3',
      WERKZEUG_SERVER_FD: '3',
      RUN_MAIN: 'true',
      LISTEN_FDS: '1',
    };
    expect(withoutNoise({ ...kept, ...noise })).toEqual(kept);
  });

  it('has the settings of npm that are the user’s own, outside of a script', () => {
    const env = { npm_config_registry: 'https://npm.example' };
    expect(withoutNoise(env)).toEqual(env);
    expect(withoutNoise({ ...env, npm_command: 'run' })).toEqual({});
  });
});
