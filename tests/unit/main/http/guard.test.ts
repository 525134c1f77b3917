import { describe, expect, it } from 'vitest';
import { bearerToken } from '#main/http/authenticate.ts';
import { isOwnHost, isOwnOrigin } from '#main/http/guard.ts';

describe('the guard', () => {
  it('knows our own names with the port of the listener, in any case', () => {
    const own = ['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST:8080', '[::1]:8080', 'clos.localhost:8080'];

    expect(own.filter((host) => !isOwnHost(host, 8080))).toEqual([]);
    expect(isOwnHost('localhost', 80)).toBe(true);
  });

  it('refuses every other spelling of a host', () => {
    const foreign = [
      ...[
        'evil.example',
        'evil.example:8080',
        'localhost.evil.example:8080',
        'evil.localhost:8080',
        '127.0.0.1.nip.io:8080',
      ],
      ...[
        '127.0.0.2:8080',
        '0.0.0.0:8080',
        '[::]:8080',
        '2130706433:8080',
        '0x7f.1:8080',
        '127.1:8080',
        '[::ffff:127.0.0.1]:8080',
      ],
      ...[
        'localhost:8081',
        'localhost:080800',
        'localhost:',
        'localhost',
        '',
        ' ',
        'localhost:8080 ',
        ' localhost:8080',
      ],
      ...[
        'localhost:8080,evil.example',
        'localhost:8080@evil.example',
        'evil@localhost:8080',
        'http://localhost:8080',
        'localhost/:8080',
      ],
      ...[
        'localhost.:8080',
        'local\u0000host:8080',
        'localhost\t:8080',
        'localhost:+8080',
        'localhost:-1',
        'localhost:99999999',
      ],
    ];

    expect(foreign.filter((host) => isOwnHost(host, 8080))).toEqual([]);
  });

  it('never throws, whatever it is given', () => {
    const odd: unknown[] = [
      undefined,
      null,
      0,
      {},
      [],
      ['localhost:8080'],
      'a'.repeat(100_000),
      '\uD800',
      Symbol('host'),
    ];

    expect(odd.map((value) => isOwnHost(value, 8080))).toEqual(odd.map(() => false));
    expect(odd.slice(1).map((value) => isOwnOrigin(value, 'localhost:8080'))).toEqual(odd.slice(1).map(() => false));
    expect(odd.map(bearerToken)).toEqual(odd.map(() => null));
  });

  it('takes requests without an origin, from the same origin and from the desktop', () => {
    const origins = [undefined, 'http://localhost:8080', 'HTTP://LOCALHOST:8080', 'clos://app'];

    expect(origins.map((origin) => isOwnOrigin(origin, 'localhost:8080'))).toEqual([true, true, true, true]);
  });

  it('refuses pages from elsewhere', () => {
    const origins = [
      'null',
      '',
      'http://evil.example',
      'https://localhost:8080',
      'http://localhost:3000',
      'http://127.0.0.1:8080',
      'clos://app.evil',
    ];

    expect(origins.filter((origin) => isOwnOrigin(origin, 'localhost:8080'))).toEqual([]);
  });
});
