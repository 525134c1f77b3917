import { describe, expect, it } from 'vitest';
import { judgeHome, judgeSpace } from '../../../src/cli/doctor/home.ts';
import { hostsCommand, judgeHosts, parseHosts } from '../../../src/cli/doctor/hosts-file.ts';
import { judgeNames, type Resolution } from '../../../src/cli/doctor/names.ts';
import { hostSources, judgeSources } from '../../../src/cli/doctor/nsswitch.ts';
import { judgeOwnPort } from '../../../src/cli/doctor/own-ports.ts';
import { judgeProxies } from '../../../src/cli/doctor/proxies.ts';
import { judgeConflicts, judgeEngine, judgeIpv6 } from '../../../src/cli/doctor/status.ts';
import { renderFindings } from '../../../src/cli/output/findings.ts';
import { plainPaint } from '../../../src/cli/output/style.ts';

describe('nsswitch.conf', () => {
  it.each<[string, string, string[], 'ok' | 'warn']>([
    ['Debian 12', 'passwd: files\nhosts:          files dns\nnetworks: files\n', ['files', 'dns'], 'warn'],
    [
      'Ubuntu 24.04',
      'hosts:          files mdns4_minimal [NOTFOUND=return] dns mymachines\n',
      ['files', 'mdns4_minimal', 'dns', 'mymachines'],
      'warn',
    ],
    [
      'Fedora 41',
      'hosts:      files myhostname resolve [!UNAVAIL=return] dns\n',
      ['files', 'myhostname', 'resolve', 'dns'],
      'ok',
    ],
    [
      'Arch',
      'hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n',
      ['mymachines', 'resolve', 'files', 'myhostname', 'dns'],
      'ok',
    ],
    ['a commented line', '#hosts: files myhostname\nhosts:files dns # myhostname\n', ['files', 'dns'], 'warn'],
    ['no file, as with musl', '', [], 'warn'],
  ])('of %s is read', (...[, text, sources, level]) => {
    expect(hostSources(text)).toEqual(sources);
    expect(judgeSources(sources, false).level).toBe(level);
    expect(judgeSources(sources, true).level).toBe('ok');
  });

  it('without a source that knows the names says which package brings one', () => {
    expect(judgeSources(['files', 'dns'], false)).toEqual({
      level: 'warn',
      reason: '/etc/nsswitch.conf asks files, dns: nobody there knows the names below localhost.',
      advice:
        'Install nss-myhostname (Debian and Ubuntu: sudo apt install libnss-myhostname), or add the names to /etc/hosts.',
    });
  });
});

describe('a hosts file', () => {
  const text = `
# Static table
127.0.0.1\tlocalhost  vm # here
::1 localhost ip6-localhost
127.0.0.1 Web.localhost web
fe80::1%lo0 odd

10.0.0.7
`;

  it('is read with comments, blanks and names in any case', () => {
    expect(parseHosts(text)).toEqual([
      { address: '127.0.0.1', names: ['localhost', 'vm'] },
      { address: '::1', names: ['localhost', 'ip6-localhost'] },
      { address: '127.0.0.1', names: ['web.localhost', 'web'] },
      { address: 'fe80::1%lo0', names: ['odd'] },
    ]);
    expect(parseHosts('127.0.0.1 a\r\n127.0.0.1 b\r\n').map(({ names }) => names)).toEqual([['a'], ['b']]);
  });

  it('may name our names, but not send them away', () => {
    const judged = (more: string) => judgeHosts(parseHosts(text + more), '/etc/hosts');

    expect(judged('')).toEqual({ level: 'ok', reason: '/etc/hosts names web.localhost', advice: null });
    expect(judged('10.0.0.7 api.localhost')).toEqual({
      level: 'fail',
      reason: '/etc/hosts sends api.localhost to 10.0.0.7.',
      advice: 'Take that line out of /etc/hosts.',
    });
    expect(judgeHosts([], '/etc/hosts').reason).toBe('/etc/hosts names none of them');
  });

  it('gets a line by a command of its system', () => {
    const names = ['clos.localhost', 'web.localhost'];
    const added = '127.0.0.1 clos.localhost web.localhost';

    expect(hostsCommand(names, 'linux')).toBe(`echo '${added}' | sudo tee -a /etc/hosts`);
    expect(hostsCommand(names, 'win32')).toBe(
      `Add-Content "$env:SystemRoot\\System32\\drivers\\etc\\hosts" "${added}"`,
    );
  });
});

describe('how names are found', () => {
  const judge = (answers: Record<string, Resolution>) =>
    judgeNames(
      Object.entries(answers).map(([name, answer]) => ({ name, answer })),
      { toAdd: ['web.localhost'], platform: 'linux' },
    );

  it('is well on this machine and nowhere else', () => {
    expect(judge({ 'web.localhost': { addresses: ['127.0.0.1', '::1'] } })).toEqual([
      { level: 'ok', reason: 'web.localhost is 127.0.0.1 and ::1', advice: null },
    ]);
    const away = judge({ 'web.localhost': { addresses: ['127.0.0.1', '10.0.0.7'] } });
    expect(away.map(({ level, reason }) => [level, reason])).toEqual([
      ['fail', 'web.localhost is 127.0.0.1 and 10.0.0.7 here, which is not only this machine.'],
    ]);
  });

  it('is said once of all that are not found, with who finds them and what would help', () => {
    const nowhere = { error: 'ENOTFOUND' };

    expect(judge({ 'clos.localhost': nowhere, 'web.localhost': nowhere })).toEqual([
      {
        level: 'warn',
        reason:
          'Node and others that ask the system do not find clos.localhost and web.localhost (ENOTFOUND). Browsers and curl find them by themselves.',
        advice:
          "Use clos url SERVICE --for node there, or add the names: echo '127.0.0.1 web.localhost' | sudo tee -a /etc/hosts",
      },
    ]);
  });
});

describe('a proxy', () => {
  it.each<[Record<string, string>, 'ok' | 'warn']>([
    [{}, 'ok'],
    [{ http_proxy: '' }, 'ok'],
    [{ https_proxy: 'http://proxy:3128' }, 'ok'],
    [{ http_proxy: 'http://proxy:3128' }, 'warn'],
    [{ HTTP_PROXY: 'http://proxy:3128', no_proxy: 'example.com' }, 'warn'],
    [{ http_proxy: 'http://proxy:3128', no_proxy: 'example.com, localhost' }, 'ok'],
    [{ http_proxy: 'http://proxy:3128', NO_PROXY: '.localhost' }, 'ok'],
    [{ http_proxy: 'http://proxy:3128', no_proxy: 'localhost', NO_PROXY: 'example.com' }, 'warn'],
    [{ ALL_PROXY: 'socks5://proxy', no_proxy: '*' }, 'ok'],
    [{ all_proxy: 'socks5://proxy', no_proxy: 'mylocalhost' }, 'warn'],
  ])('%j is %s', (env, level) => {
    expect(judgeProxies(env).level).toBe(level);
  });
});

describe('the home', () => {
  const found = { mode: 0o40700, mine: true, isFolder: true };
  const judge = (more: Partial<typeof found> | null, platform: NodeJS.Platform = 'linux') =>
    judgeHome({ root: '/home/ada/clos', found: more === null ? null : { ...found, ...more }, platform });

  it('is ours alone, or it is said how to make it so', () => {
    expect(judge({})).toEqual({ level: 'ok', reason: '/home/ada/clos is for you alone', advice: null });
    expect(judge({ mode: 0o40750 })).toEqual({
      level: 'fail',
      reason: '/home/ada/clos is open to others (mode 750), and your keys are in it.',
      advice: "chmod 700 '/home/ada/clos'",
    });
    const levels = [judge(null), judge({ mine: false }), judge({ isFolder: false }), judge({ mode: 0o40777 }, 'win32')];
    expect(levels.map(({ level }) => level)).toEqual(['warn', 'fail', 'fail', 'ok']);
  });

  it('needs room on its disk', () => {
    const levels = [0, 100 * 1024 ** 2 - 1, 100 * 1024 ** 2, 1024 ** 3].map((bytes) => judgeSpace(bytes).level);

    expect(levels).toEqual(['fail', 'fail', 'warn', 'ok']);
    expect(judgeSpace(1024 ** 3 * 2.5).reason).toBe('2.5 GiB are free');
  });
});

describe('a port of CLOS', () => {
  const gateway = { name: 'gateway', port: 8080, preferred: 8080, proved: true, owner: null };

  it('is the preferred one, or it is said who has that', () => {
    expect(judgeOwnPort(gateway)).toEqual({ level: 'ok', reason: ':8080', advice: null });
    expect(judgeOwnPort({ ...gateway, preferred: 0 }).level).toBe('ok');
    const moved = { ...gateway, port: 18_080 };
    expect(judgeOwnPort({ ...moved, owner: 'node' })).toEqual({
      level: 'warn',
      reason: ':18080 in place of :8080, which node has.',
      advice: 'See who: clos who 8080. End it and start CLOS again, or choose another port with CLOS_GATEWAY_PORT.',
    });
    expect(judgeOwnPort({ ...moved, owner: 'nobody' })).toEqual({
      level: 'warn',
      reason: ':18080 in place of :8080, which was taken when it started.',
      advice: 'Start CLOS again to have it back.',
    });
  });

  it('that another program answers at is nobody to trust', () => {
    expect(judgeOwnPort({ ...gateway, proved: false })).toMatchObject({
      level: 'fail',
      reason: 'What answers at :8080 is not this CLOS.',
    });
  });
});

describe('what CLOS knows', () => {
  const engine = { name: 'Docker', version: '28', address: 'unix:///d.sock', found: 'DOCKER_HOST', since: '' };

  it('of its engine', () => {
    const judged = [
      judgeEngine({ ...engine, state: 'available', reason: null }),
      judgeEngine({ ...engine, state: 'unavailable', reason: 'refused' }),
      judgeEngine({ ...engine, state: 'none', name: null, version: null, address: null, reason: null }),
    ];
    expect(judged.map(({ level, reason }) => [level, reason])).toEqual([
      ['ok', 'Docker 28 at unix:///d.sock'],
      ['warn', 'Docker 28 at unix:///d.sock is away: refused'],
      ['warn', 'There is none (DOCKER_HOST).'],
    ]);
  });

  it('of its conflicts, and of the loopback address of IPv6', () => {
    expect([0, 1, 2].map((open) => judgeConflicts(open).reason)).toEqual([
      'none is open',
      'One is open.',
      '2 are open.',
    ]);
    expect([['127.0.0.1', '::1'], ['127.0.0.1']].map((addresses) => judgeIpv6(addresses).level)).toEqual([
      'ok',
      'warn',
    ]);
  });
});

it('findings are a line each, with what to do below', () => {
  const findings = [
    { check: 'home', level: 'ok' as const, reason: 'fine', advice: null },
    { check: 'gateway', level: 'fail' as const, reason: 'It is gone.', advice: 'Find it.' },
  ];

  expect(renderFindings(findings, plainPaint)).toEqual([
    'ok    home     fine',
    'FAIL  gateway  It is gone.',
    '               Find it.',
  ]);
});
