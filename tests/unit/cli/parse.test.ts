import { describe, expect, it } from 'vitest';
import { fullPath, parseHeaders } from '../../../src/cli/commands/api.ts';
import { parseSpec, serviceFromFlags } from '../../../src/cli/commands/create.ts';
import { UsageError } from '../../../src/cli/failure.ts';
import { nearestName } from '../../../src/cli/nearest.ts';
import { nameEndpoints, parseEndpoint } from '../../../src/cli/parse/endpoint.ts';
import { parseEnv, parseMoment, parsePort } from '../../../src/cli/parse/values.ts';
import { splitWords } from '../../../src/cli/parse/words.ts';

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
      ].map((argument) => [argument, parseEndpoint(argument)]),
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
      expect(() => parseEndpoint(argument), argument).toThrow(UsageError);
    }
  });

  it('names what has no name, each differently', () => {
    const endpoints = ['3000:80', 'auto:443', 'auto:443', '53:53/udp', 'admin=auto:9000'].map(parseEndpoint);
    expect(nameEndpoints(endpoints).map(({ name }) => name)).toEqual([
      'http',
      'tcp-443',
      'tcp-443-2',
      'udp-53',
      'admin',
    ]);
  });

  it('leaves the name http to the one that asked for it', () => {
    const endpoints = ['auto:9000', 'http=3000:80'].map(parseEndpoint);
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

describe('a service from flags', () => {
  it('is what the API takes', () => {
    const spec = parseSpec(
      serviceFromFlags({
        base: {},
        name: 'web',
        words: [],
        env: {},
        flags: {
          image: 'shop/web:1',
          publish: ['3000:80'],
          env: ['MODE=dev'],
          command: "httpd -f -p '80'",
          memory: '256MiB',
          cpus: '0.5',
          range: 'apis',
          healthPath: '/health',
        },
      }),
    );
    expect(spec).toMatchObject({
      name: 'web',
      runtime: { type: 'container', image: 'shop/web:1', command: ['httpd', '-f', '-p', '80'] },
      endpoints: [{ name: 'http', protocol: 'tcp', containerPort: 80, hostPort: 3000, range: 'apis' }],
      env: { MODE: 'dev' },
      healthCheck: { type: 'http', path: '/health' },
      limits: { cpus: 0.5, memory: 268_435_456 },
    });
  });

  it('keeps what a file says where no flag speaks', () => {
    const base = { name: 'db', runtime: { type: 'container', image: 'postgres:16' }, env: { A: '1', B: '2' } };
    const flags = { image: 'postgres:17', env: ['B=3'] };
    expect(serviceFromFlags({ base, name: undefined, words: ['postgres', '-c', 'x'], env: {}, flags })).toEqual({
      name: 'db',
      runtime: { type: 'container', image: 'postgres:17', command: ['postgres', '-c', 'x'] },
      env: { A: '1', B: '3' },
    });
  });

  it('is refused with the place of each mistake', () => {
    const flags = { cpus: 'many' };
    expect(() => parseSpec(serviceFromFlags({ base: {}, name: 'Web', words: [], env: {}, flags }))).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        errors: [
          { path: 'name (NAME)', message: 'must start with a letter and hold at most 63 of a-z, 0-9 and -' },
          { path: 'runtime.image (--image)', message: 'is missing' },
          { path: 'limits.cpus', message: expect.stringContaining('expected number') },
        ],
      }),
    );
  });
});
