import { describe, expect, it } from 'vitest';
import { fullPath, parseHeaders } from '../../../src/cli/commands/api.ts';
import { UsageError } from '../../../src/cli/failure.ts';
import { nearestName } from '../../../src/cli/nearest.ts';
import { nameEndpoints, parseEndpoint } from '../../../src/cli/parse/endpoint.ts';
import { type CreateFlags, parseSpec, serviceFromFlags } from '../../../src/cli/parse/service.ts';
import { parseEnv, parseMoment, parsePort, parsePortRef, parseSpan } from '../../../src/cli/parse/values.ts';
import { joinWords, splitWords } from '../../../src/cli/parse/words.ts';

describe('-p', () => {
  it('reads every way to write a port mapping', () => {
    const read = Object.fromEntries(
      [
        '80',
        'auto:80',
        '3000:80',
        '0.0.0.0:3000:80',
        '[::1]:3000:80',
        'dns=127.0.0.1:auto:53/udp',
        'web=3000:80/tcp',
      ].map((argument) => [argument, parseEndpoint(argument, 'container')]),
    );
    expect(read).toEqual({
      '80': { hostPort: 'auto', containerPort: 80 },
      'auto:80': { hostPort: 'auto', containerPort: 80 },
      '3000:80': { hostPort: 3000, containerPort: 80 },
      '0.0.0.0:3000:80': { address: '0.0.0.0', hostPort: 3000, containerPort: 80 },
      '[::1]:3000:80': { address: '::1', hostPort: 3000, containerPort: 80 },
      'dns=127.0.0.1:auto:53/udp': {
        name: 'dns',
        address: '127.0.0.1',
        protocol: 'udp',
        hostPort: 'auto',
        containerPort: 53,
      },
      'web=3000:80/tcp': { name: 'web', hostPort: 3000, containerPort: 80 },
    });
  });

  it('refuses what is no port mapping, and says how to write one', () => {
    for (const argument of [
      '',
      'x',
      '3000:',
      ':80',
      '0:80',
      '3000:70000',
      '99999:80',
      '80/sctp',
      'A=1:2',
      'localhost:1:2',
    ]) {
      expect(() => parseEndpoint(argument, 'container'), argument).toThrow(UsageError);
    }
  });

  it('reads the ports of what has none inside', () => {
    const arguments_ = ['3000', 'auto', 'admin=9000', '5353/udp', 'dns=[::1]:53/udp', '0.0.0.0:auto'];
    expect(arguments_.map((argument) => parseEndpoint(argument, 'process'))).toEqual([
      { hostPort: 3000 },
      { hostPort: 'auto' },
      { name: 'admin', hostPort: 9000 },
      { protocol: 'udp', hostPort: 5353 },
      { name: 'dns', address: '::1', protocol: 'udp', hostPort: 53 },
      { address: '0.0.0.0', hostPort: 'auto' },
    ]);
    expect(() => parseEndpoint('3000:80', 'process')).toThrow(
      '"3000:80" has a port inside, and only containers have one.',
    );
    for (const argument of ['', 'x', '0', '70000', '80/sctp']) {
      expect(() => parseEndpoint(argument, 'external'), argument).toThrow(UsageError);
    }
    const endpoints = ['3000', 'auto', 'auto', '53/udp'].map((each) => parseEndpoint(each, 'process'));
    expect(nameEndpoints(endpoints).map(({ name }) => name)).toEqual(['http', 'tcp-auto', 'tcp-auto-2', 'udp-53']);
  });

  it('names what has no name, each differently', () => {
    const endpoints = ['3000:80', 'auto:443', 'auto:443', '53:53/udp', 'admin=auto:9000'].map((each) =>
      parseEndpoint(each, 'container'),
    );
    expect(nameEndpoints(endpoints).map(({ name }) => name)).toEqual([
      'http',
      'tcp-443',
      'tcp-443-2',
      'udp-53',
      'admin',
    ]);
  });

  it('reads what is spoken there, and calls it by that', () => {
    const endpoints = ['auto:5433/postgres', 'auto/redis', '9000/https', 'admin=9443/https', '1/h2c', '2/a+b'].map(
      (each) => parseEndpoint(each, each.includes(':') ? 'container' : 'process'),
    );
    expect(nameEndpoints(endpoints)).toEqual([
      { name: 'postgres', scheme: 'postgres', hostPort: 'auto', containerPort: 5433 },
      { name: 'redis', scheme: 'redis', hostPort: 'auto' },
      { name: 'https', scheme: 'https', hostPort: 9000 },
      { name: 'admin', scheme: 'https', hostPort: 9443 },
      { name: 'h2c', scheme: 'h2c', hostPort: 1 },
      { name: 'tcp-2', scheme: 'a+b', hostPort: 2 },
    ]);
  });

  it('leaves the name http to the one that asked for it', () => {
    const endpoints = ['auto:9000', 'http=3000:80'].map((each) => parseEndpoint(each, 'container'));
    expect(nameEndpoints(endpoints).map(({ name }) => name)).toEqual(['tcp-9000', 'http']);
  });
});

describe('a command line in one string', () => {
  it('is split as a shell splits it, and nothing in it is expanded', () => {
    expect(splitWords(`sh -c "echo \\"$HOME\\" 'x'"  'a b'\\ c "" *`)).toEqual([
      'sh',
      '-c',
      `echo "$HOME" 'x'`,
      'a b c',
      '',
      '*',
    ]);
  });

  it('comes back the same when its words are joined', () => {
    const words = ['npm', 'run', 'dev all', '', "it's", '--port', '$' + '{endpoints.http.port}', 'a\\b', '"'];
    expect(joinWords(words)).toBe(`npm run 'dev all' '' 'it'\\''s' --port '$` + `{endpoints.http.port}' 'a\\b' '"'`);
    expect(splitWords(joinWords(words))).toEqual(words);
  });

  it('is refused when a quote is left open', () => {
    expect(() => splitWords(`echo "a`)).toThrow('The command has a " that is never closed: echo "a');
  });
});

describe('values', () => {
  it('reads ports with and without the colon', () => {
    expect([parsePort('3000'), parsePort(':3000')]).toEqual([3000, 3000]);
    expect(() => parsePort('65536')).toThrow('A port must be a whole number from 1 to 65535, and "65536" is not.');
    expect(() => parsePort('3e3')).toThrow(UsageError);
  });

  it('reads a port with its protocol, and a range', () => {
    expect(['3000', ':53/udp', '80/tcp'].map(parsePortRef)).toEqual([
      { port: 3000, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
      { port: 80, protocol: 'tcp' },
    ]);
    expect(() => parsePortRef('53/icmp')).toThrow(UsageError);
    expect(parseSpan('3000-3099')).toEqual({ first: 3000, last: 3099 });
    expect(() => parseSpan('3000')).toThrow('"3000" is not a range of ports.');
    expect(() => parseSpan('3099-3000')).toThrow('The range 3099-3000 ends before it begins.');
  });

  it('reads moments and ages', () => {
    const now = Date.parse('2026-11-23T10:00:00.000Z');
    expect(parseMoment('10m', now)).toBe('2026-11-23T09:50:00.000Z');
    expect(parseMoment('2026-11-23T09:00:00Z', now)).toBe('2026-11-23T09:00:00.000Z');
    expect(() => parseMoment('yesterday', now)).toThrow('"yesterday" is neither a time nor a duration.');
  });

  it('takes a variable from here when it has no value', () => {
    expect(parseEnv(['A=1', 'B=x=y', 'C=', 'HERE'], { HERE: 'yes' })).toEqual({ A: '1', B: 'x=y', C: '', HERE: 'yes' });
    expect(() => parseEnv(['GONE'], {})).toThrow('The variable GONE is not set here.');
  });

  it('reads headers and short paths', () => {
    expect(parseHeaders(['If-Match: "3"', 'X-Empty:'])).toEqual({ 'if-match': '"3"', 'x-empty': '' });
    expect(() => parseHeaders(['no colon'])).toThrow('"no colon" is not a header.');
    expect(
      ['/services', 'services', '/api/v2/services', '/livez?nonce=x', '/healthy', '/metrics'].map(fullPath),
    ).toEqual([
      '/api/v2/services',
      '/api/v2/services',
      '/api/v2/services',
      '/livez?nonce=x',
      '/api/v2/healthy',
      '/metrics',
    ]);
  });
});

describe('the nearest name', () => {
  it('is the one that was probably meant', () => {
    const names = ['web', 'api', 'postgres', 'worker'];
    expect(['wep', 'wbe', 'postgers', 'post', 'apis', 'redis', 'x'].map((word) => nearestName(word, names))).toEqual([
      'web',
      'web',
      'postgres',
      'postgres',
      'api',
      null,
      null,
    ]);
  });
});

const source = { base: {}, name: 'web', words: [], env: {}, cwd: '/home/ada/shop' };
const specOf = (flags: CreateFlags, words: string[] = []) => parseSpec(serviceFromFlags({ ...source, words, flags }));

describe('a service from flags', () => {
  it('is a container when there is an image', () => {
    const spec = specOf({
      image: 'shop/web:1',
      port: ['3000:80'],
      env: ['MODE=dev'],
      command: "httpd -f -p '80'",
      cwd: '/srv',
      memory: '256MiB',
      cpus: '0.5',
      range: 'apis',
      healthPath: '/health',
      onConflict: 'wait',
      startOnVisit: false,
    });
    expect(spec).toEqual({
      name: 'web',
      runtime: {
        type: 'container',
        image: 'shop/web:1',
        command: ['httpd', '-f', '-p', '80'],
        workingDir: '/srv',
        mounts: [],
        init: true,
        pull: 'missing',
      },
      endpoints: [
        {
          name: 'http',
          protocol: 'tcp',
          scheme: 'auto',
          address: '127.0.0.1',
          containerPort: 80,
          hostPort: 3000,
          range: 'apis',
        },
      ],
      env: { MODE: 'dev' },
      healthCheck: {
        type: 'http',
        path: '/health',
        interval: '10s',
        timeout: '2s',
        retries: 3,
        startPeriod: '5s',
      },
      limits: { cpus: 0.5, memory: 268_435_456 },
      restart: { policy: 'no', maxRetries: 5 },
      onConflict: 'wait',
      startOnVisit: false,
    });
  });

  it('is a process when there is only a command, in the folder that the person is in', () => {
    const { runtime, endpoints } = specOf({ port: ['3000', 'admin=9000'] }, ['npm', 'run', 'dev']);
    expect(runtime).toEqual({ type: 'process', command: ['npm', 'run', 'dev'], cwd: '/home/ada/shop' });
    expect(endpoints.map(({ name, hostPort }) => [name, hostPort])).toEqual([
      ['http', 3000],
      ['admin', 9000],
    ]);
    expect(specOf({ cwd: '../blog', command: 'make serve' }).runtime).toEqual({
      type: 'process',
      command: ['make', 'serve'],
      cwd: '/home/ada/blog',
    });
  });

  it('starts on a visit when that is asked for', () => {
    const asked = [{}, { startOnVisit: true }].map((flags) => specOf({ command: 'make serve', ...flags }).startOnVisit);
    expect(asked).toEqual([false, true]);
  });

  it('is only watched when it is said to be external', () => {
    const { runtime, endpoints } = specOf({ external: true, port: ['5432'] });
    expect([runtime, endpoints[0]?.hostPort]).toEqual([{ type: 'external' }, 5432]);
    expect(() => specOf({ external: true, image: 'x' })).toThrow('--image and --external exclude each other');
    expect(() => specOf({ external: true }, ['npm'])).toThrow('it has neither a command nor a folder');
  });

  it('is asked for when neither an image nor a command is there', () => {
    expect(() => specOf({ port: ['3000'] })).toThrow('What shall it run? Neither an image nor a command is given.');
    expect(() => specOf({ command: 'a' }, ['b'])).toThrow('The command is given twice');
  });

  it('keeps what a file says where no flag speaks', () => {
    const base = { name: 'db', runtime: { type: 'container', image: 'postgres:16' }, env: { A: '1', B: '2' } };
    const flags = { image: 'postgres:17', env: ['B=3'] };
    const words = ['postgres', '-c', 'x'];
    expect(serviceFromFlags({ ...source, base, name: undefined, words, flags })).toEqual({
      name: 'db',
      runtime: { type: 'container', image: 'postgres:17', command: ['postgres', '-c', 'x'] },
      env: { A: '1', B: '3' },
    });
  });

  it('takes nothing of another kind of runtime from a file', () => {
    const base = { runtime: { type: 'process', command: ['npm', 'start'], cwd: '/srv' } };
    expect(serviceFromFlags({ ...source, base, flags: { image: 'nginx' } }).runtime).toEqual({
      type: 'container',
      image: 'nginx',
    });
    expect(serviceFromFlags({ ...source, base, flags: {} }).runtime).toEqual(base.runtime);
  });

  it('is refused with the place and the flag of each mistake', () => {
    const flags = { image: 'Not An Image', cpus: 'many', port: ['auto'], env: ['1A=x'] };
    expect(() => parseSpec(serviceFromFlags({ ...source, name: 'Web', flags: { ...flags, port: ['80'] } }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        errors: [
          { path: 'name (NAME)', message: 'must start with a letter and hold at most 63 of a-z, 0-9 and -' },
          { path: 'runtime.image (--image)', message: 'must be an image reference such as "postgres:17"' },
          { path: 'env.1A (-e)', message: 'Invalid key in record' },
          { path: 'limits.cpus (--cpus)', message: expect.stringContaining('expected number') },
        ],
      }),
    );
    expect(() => specOf({ external: true, port: ['auto'] })).toThrow(
      expect.objectContaining({
        errors: [
          {
            path: 'endpoints.0.hostPort (-p)',
            message: 'must be a number: CLOS does not choose the ports of what it only watches',
          },
        ],
      }),
    );
  });
});
