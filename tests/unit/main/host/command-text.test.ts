import { describe, expect, it } from 'vitest';
import { commandText, processName } from '#main/host/command-text.ts';

describe('the command of a process, for people', () => {
  it.each<[string[], string]>([
    [['node', 'server.js', '--port', '3000'], 'node server.js --port 3000'],
    [['python3', '-m', 'http.server', 'my folder'], "python3 -m http.server 'my folder'"],
    [['nginx: master process /usr/sbin/nginx'], 'nginx: master process /usr/sbin/nginx'],
    [['a', 'b\u001b[31m\nc\u202Ed'], "a 'b [31m c d'"],
    [['app', '--password', 'hunter2', '--verbose'], 'app --password … --verbose'],
    [['app', '--password', '--verbose'], 'app --password --verbose'],
    [['env', 'DB_PASSWORD=hunter2', 'GITHUB_TOKEN=x', 'PORT=1'], 'env DB_PASSWORD=… GITHUB_TOKEN=… PORT=1'],
    [['app', '--api-key=k', '--client-secret=s'], 'app --api-key=… --client-secret=…'],
    [['psql', 'postgres://ada:hunter2@localhost/db'], 'psql postgres://ada:…@localhost/db'],
  ])('shows %j', (argv, text) => {
    expect(commandText(argv)).toBe(text);
  });

  it('is cut at 512 characters', () => {
    expect(commandText(['x'.repeat(600)])).toBe(`${'x'.repeat(511)}…`);
  });
});

describe('the name of a process', () => {
  it.each<[string, string[], string | null, string]>([
    ['node', ['node', 'server.js'], '/usr/bin/node', 'node'],
    ['MainThread', ['/opt/node/bin/node', 'a.js'], '/opt/node/bin/node', 'node'],
    ['com.docker.back', ['/opt/com.docker.backend', 'run'], '/opt/com.docker.backend', 'com.docker.backend'],
    ['serve.py', ['/usr/bin/python3', './serve.py'], '/usr/bin/python3.11', 'serve.py'],
    ['httpd', ['httpd', '-f'], '/bin/busybox', 'httpd'],
    ['postgres', ['postgres: checkpointer'], '/usr/lib/postgresql/bin/postgres', 'postgres'],
    ['dockerd', ['x'], '/usr/bin/dockerd (deleted)', 'dockerd'],
    ['npm run dev', ['npm run dev'], '/usr/bin/node', 'npm'],
    ['kworker/0:1', [], null, 'kworker/0:1'],
  ])('of %s %j is read as its people know it', (...[comm, argv, executable, name]) => {
    expect(processName(comm, argv, executable)).toBe(name);
  });
});
