import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost } from '#main/host/host.ts';
import type { Host } from '#main/host/platform.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import type { WantedPort, World } from '#main/modules/resolver/world.ts';
import { freePort, hold } from '../../host/sockets.ts';

const nothing: World = { leases: [], containers: [], ownPorts: [] };

function wantedAt(port: number, change: Partial<WantedPort> = {}): WantedPort {
  const service = { id: 'svc_web', name: 'web' };
  return { service, endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port, range: 'apis', ...change };
}

/** The real host, and a record of what was asked of it. */
function watchedHost(): { host: Host; asked: string[] } {
  const asked: string[] = [];
  const host = createHost();
  const { listListeners, probeBind } = host;
  return {
    asked,
    host: Object.assign(host, {
      listListeners: (options: Parameters<Host['listListeners']>[0]) => {
        asked.push(`list ${options.ports?.join(' ')}`);
        return listListeners.call(host, options);
      },
      probeBind: (target: Parameters<Host['probeBind']>[0]) => {
        asked.push(`bind ${target.address}`);
        return probeBind.call(host, target);
      },
    }),
  };
}

async function outline(wanted: WantedPort[], world = nothing): Promise<string[]> {
  const findings = await createChecker({ host: createHost() }).check(wanted, world);
  return findings.map(({ kind, severity, holder }) => `${severity} ${kind}: ${holder.name}`);
}

describe.runIf(process.platform === 'linux')('a check', () => {
  it('of a free port costs one bind and reads no table', async () => {
    const port = await freePort();
    const { host, asked } = watchedHost();
    expect(await createChecker({ host }).check([wantedAt(port)], nothing)).toEqual([]);
    expect(asked).toEqual(['bind ::']);
  });

  it('of a held port reads the table once, for the contested ports only', async () => {
    const [free, held, other] = [await freePort(), await freePort(), await freePort()];
    await hold({ protocol: 'tcp', address: '127.0.0.1', port: held });
    await hold({ protocol: 'tcp', address: '0.0.0.0', port: other });
    const { host, asked } = watchedHost();
    const findings = await createChecker({ host }).check(
      [free, held, other].map((port) => wantedAt(port)),
      nothing,
    );
    expect(findings.map(({ kind, wanted, holder }) => [kind, wanted.port, holder.pid])).toEqual([
      ['process', held, process.pid],
      ['process', other, process.pid],
    ]);
    expect(asked.filter((question) => question.startsWith('list'))).toEqual([`list ${held} ${other}`]);
  });

  it('tells who holds the port: another process', async () => {
    const port = await freePort();
    const script = `require('net').createServer().listen(${port}, '0.0.0.0', () => console.log('ready'))`;
    const child = spawn(process.execPath, ['-e', script], { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child.stdout, 'data');
    const [finding, ...more] = await createChecker({ host: createHost() }).check([wantedAt(port)], nothing);
    expect(more).toEqual([]);
    expect(finding).toEqual({
      kind: 'process',
      severity: 'blocking',
      wanted: {
        service: 'web',
        serviceId: 'svc_web',
        endpoint: 'http',
        protocol: 'tcp',
        address: '127.0.0.1',
        port,
      },
      holder: {
        type: 'process',
        name: 'node',
        pid: child.pid,
        identity: expect.stringMatching(`^${child.pid}\\.`),
        command: `${process.execPath} -e '${script}'`,
        user: expect.any(String),
        since: expect.any(String),
        container: null,
        service: null,
        project: null,
        checkout: null,
        protected: false,
      },
      evidence: [
        {
          source: 'listener',
          detail: expect.stringMatching(`^tcp 0\\.0\\.0\\.0:${port}, inode \\d+, process ${child.pid} \\(node\\)$`),
        },
        { source: 'probe', detail: `A bind of tcp 127.0.0.1:${port} was refused: in use` },
      ],
    });
  });

  it.each<[string, { address: string; v6only?: boolean }, Partial<WantedPort>, string[]]>([
    ['::1 held, 127.0.0.1 wanted', { address: '::1' }, {}, ['warning shadowed: node']],
    [':: IPv6-only held, 127.0.0.1 wanted', { address: '::', v6only: true }, {}, ['warning shadowed: node']],
    [':: dual held, 127.0.0.1 wanted', { address: '::' }, {}, ['blocking process: node']],
    ['127.0.0.1 held, ::1 wanted', { address: '127.0.0.1' }, { address: '::1' }, ['warning shadowed: node']],
    ['127.0.0.1 held, :: wanted', { address: '127.0.0.1' }, { address: '::' }, ['blocking process: node']],
    [
      '127.0.0.1 held, :: wanted by the engine',
      { address: '127.0.0.1' },
      { address: '::', byEngine: true },
      ['warning shadowed: node'],
    ],
    ['127.0.0.2 held, 127.0.0.1 wanted', { address: '127.0.0.2' }, {}, []],
    ['127.0.0.2 held, 0.0.0.0 wanted', { address: '127.0.0.2' }, { address: '0.0.0.0' }, ['blocking process: node']],
    ['tcp held, udp wanted', { address: '0.0.0.0' }, { protocol: 'udp' }, []],
  ])('with %s', async (...[, held, wish, expected]) => {
    const port = await freePort();
    await hold({ protocol: 'tcp', port, ...held });
    expect(await outline([wantedAt(port, wish)])).toEqual(expected);
  });

  it('asks once more when the holder lets go while it looks', async () => {
    const port = await freePort();
    const release = await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const host = createHost();
    const list = host.listListeners.bind(host);
    host.listListeners = async (options) => {
      await release();
      return await list(options);
    };
    expect(await createChecker({ host }).check([wantedAt(port)], nothing)).toEqual([]);
  });

  it('says that an address is not there', async () => {
    const port = await freePort();
    expect(await outline([wantedAt(port, { address: '203.0.113.9' })])).toEqual(['blocking reserved: address']);
  });

  it('finds what only CLOS knows, on a port that is free', async () => {
    const port = await freePort();
    const world: World = {
      leases: [
        {
          id: 'lse_1',
          port,
          protocol: 'tcp',
          address: '127.0.0.1',
          service: { id: 'svc_db', name: 'db', endpoint: 'sql' },
          note: null,
          since: '2026-01-01T00:00:00.000Z',
        },
      ],
      containers: [],
      ownPorts: [],
    };
    expect(await outline([wantedAt(port)], world)).toEqual(['blocking lease: db']);
  });

  it('does not take checks that run at once for conflicts', async () => {
    const ports = [await freePort(), await freePort()];
    const checker = createChecker({ host: createHost() });
    const checks = Array.from({ length: 50 }, (_, index) =>
      checker.check([wantedAt(ports[index % 2] ?? 0, { address: index % 3 === 0 ? '0.0.0.0' : '127.0.0.1' })], nothing),
    );
    expect((await Promise.all(checks)).flat()).toEqual([]);
  });

  it('answers many ports at once, each in its place', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const wanted = Array.from({ length: 300 }, (_, index) => wantedAt(index === 150 ? port : 10_000 + index));
    const findings = await createChecker({ host: createHost() }).check(wanted, nothing);
    expect(findings.map((finding) => finding.wanted.port)).toContain(port);
  });
});

describe.runIf(process.platform === 'linux')('a look, which binds nothing', () => {
  it.each<[string, { address: string; v6only?: boolean }, Partial<WantedPort>, string[]]>([
    ['127.0.0.1 held', { address: '127.0.0.1' }, {}, ['blocking process: node']],
    ['::1 held', { address: '::1' }, {}, ['warning shadowed: node']],
    [':: held for both families', { address: '::' }, {}, ['blocking process: node']],
    [':: held for IPv6 alone', { address: '::', v6only: true }, {}, ['warning shadowed: node']],
    [
      ':: held for IPv6 alone and 0.0.0.0 wanted',
      { address: '::', v6only: true },
      { address: '0.0.0.0' },
      ['warning shadowed: node'],
    ],
    [
      ':: held for IPv6 alone and ::1 wanted',
      { address: '::', v6only: true },
      { address: '::1' },
      ['blocking process: node'],
    ],
  ])('with %s', async (...[, held, wish, expected]) => {
    const port = await freePort();
    await hold({ protocol: 'tcp', port, ...held });
    const { host, asked } = watchedHost();
    const findings = await createChecker({ host }).look([wantedAt(port, wish)], nothing);
    expect(findings.map(({ kind, severity, holder }) => `${severity} ${kind}: ${holder.name}`)).toEqual(expected);
    expect(asked).toEqual([`list ${port}`]);
  });
});

describe.runIf(process.platform === 'linux')('a suggestion', () => {
  it('is a port that can be bound, next to the wanted one', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '::1', port: port + 1 });
    const range = { name: 'apis', first: port, last: port + 2 };
    const refused = new Map([[port, 'in conflict']]);
    const request = { range, near: port, count: 3, protocol: 'tcp' as const, address: '127.0.0.1', refused };
    expect(await createChecker({ host: createHost() }).suggest(request, nothing)).toEqual([
      {
        port: port + 2,
        range: 'apis',
        reason: `${port + 2} is the next free port of apis (${port}-${port + 2}) after ${port}: ${port} is in conflict, ${port + 1} is in use.`,
      },
    ]);
  });

  it('is empty when the range is full', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '0.0.0.0', port });
    const range = { name: 'one', first: port, last: port };
    const request = { range, near: null, count: 1, protocol: 'tcp' as const, address: '127.0.0.1' };
    expect(await createChecker({ host: createHost() }).suggest(request, nothing)).toEqual([]);
  });
});

describe('a platform whose sockets cannot be listed', () => {
  it('still tells by binds that a port is taken, and says what it cannot tell', async () => {
    const port = await freePort();
    const checker = createChecker({ host: createHost('freebsd') });
    expect(await checker.check([wantedAt(port)], nothing)).toEqual([]);
    await hold({ protocol: 'tcp', address: '0.0.0.0', port });
    const [finding] = await checker.check([wantedAt(port)], nothing);
    expect([finding?.kind, finding?.holder.name, finding?.evidence]).toEqual([
      'process',
      'a process',
      [
        {
          source: 'system',
          detail:
            'CLOS cannot list sockets and processes on freebsd yet; it can tell that a port is taken, not by whom.',
        },
        { source: 'probe', detail: `A bind of tcp 127.0.0.1:${port} was refused: in use` },
      ],
    ]);
  });
});
