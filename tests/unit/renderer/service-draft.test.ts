import { describe, expect, it } from 'vitest';
import { checkDraft, emptyDraft, newEndpoint, refusedSpec } from '#renderer/features/services/service-draft.ts';
import { errorAt } from '#renderer/lib/field-errors.ts';
import { ClosError } from '#shared/contract/clos-error.ts';

describe('A service as it is typed', () => {
  it('becomes the request that the contract knows', () => {
    const endpoint = { ...newEndpoint(true), containerPort: '80', hostPort: '3000' };
    const typed = { ...emptyDraft(), name: ' web ', image: 'shop/web:1', memory: '256MiB', endpoints: [endpoint] };
    expect(checkDraft({ ...typed, env: 'A=1\n\nB=x=y', command: 'node server.js' })).toEqual({
      spec: {
        name: 'web',
        runtime: {
          type: 'container',
          image: 'shop/web:1',
          command: ['node', 'server.js'],
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
          },
        ],
        env: { A: '1', B: 'x=y' },
        healthCheck: null,
        restart: { policy: 'no', maxRetries: 5 },
        limits: { memory: 268_435_456 },
        onConflict: 'default',
        startOnVisit: false,
      },
    });
  });

  it('is a process with the program, its arguments and its folder, and no port inside', () => {
    const endpoint = { ...newEndpoint(true), containerPort: '80' };
    const typed = { ...emptyDraft(), type: 'process' as const, name: 'web', image: 'left/over', endpoints: [endpoint] };
    expect(
      checkDraft({ ...typed, cwd: ' /srv/shop ', command: `npm run 'dev all'`, onConflict: 'wait' }),
    ).toMatchObject({
      spec: {
        runtime: { type: 'process', command: ['npm', 'run', 'dev all'], cwd: '/srv/shop' },
        endpoints: [{ name: 'http', protocol: 'tcp', address: '127.0.0.1', hostPort: 'auto' }],
        onConflict: 'wait',
      },
    });
    expect(checkDraft({ ...typed, command: `echo "a` })).toEqual({
      errors: { 'runtime.command': 'has a " that is never closed', 'runtime.cwd': 'must be an absolute path' },
    });
    expect(checkDraft({ ...typed, cwd: '/srv' })).toEqual({
      errors: { 'runtime.command': 'the program and its arguments' },
    });
  });

  it('speaks what is typed at an endpoint, and starts on a visit where CLOS starts it at all', () => {
    const endpoint = { ...newEndpoint(true), hostPort: '5432', scheme: ' Postgres ' };
    const typed = { ...emptyDraft(), type: 'process' as const, name: 'db', command: 'node .', cwd: '/srv' };
    const spoken = { ...typed, startOnVisit: true, endpoints: [endpoint] };
    expect(checkDraft(spoken)).toMatchObject({ spec: { endpoints: [{ scheme: 'postgres' }], startOnVisit: true } });
    expect(checkDraft({ ...spoken, type: 'external' })).toMatchObject({ spec: { startOnVisit: false } });
    expect(checkDraft({ ...spoken, endpoints: [{ ...endpoint, scheme: 'a b' }] })).toEqual({
      errors: {
        'endpoints.0.scheme': 'must be the scheme of a URL, such as http, postgres or redis, or auto',
      },
    });
  });

  it('is only watched on ports that somebody else has chosen', () => {
    const typed = { ...emptyDraft(), type: 'external' as const, name: 'db', env: 'A=1', memory: '1GiB' };
    expect(checkDraft({ ...typed, endpoints: [{ ...newEndpoint(true), hostPort: '5432' }] })).toMatchObject({
      spec: { runtime: { type: 'external' }, endpoints: [{ hostPort: 5432 }], env: {}, limits: {} },
    });
    expect(checkDraft(typed)).toEqual({
      errors: { 'endpoints.0.hostPort': 'a port, 1 to 65535: CLOS does not choose it' },
    });
  });

  it('says of a template that is not well-formed what is wrong with it', () => {
    const typed = { ...emptyDraft(), name: 'web', image: 'shop/web:1', endpoints: [] };
    const wrong = checkDraft({ ...typed, env: `URL=$` + `{services.db.uri}` });
    expect(wrong).toEqual({ errors: { 'env.URL': expect.stringContaining('services.db.uri} is no template') } });
  });

  it('is refused at the fields that are wrong, and nowhere else', () => {
    const endpoint = { ...newEndpoint(true), containerPort: '', hostPort: '70000' };
    const checked = checkDraft({ ...emptyDraft(), name: 'Web', image: 'shop/web:1', endpoints: [endpoint] });
    expect(checked).toEqual({
      errors: {
        name: 'must start with a letter and hold at most 63 of a-z, 0-9 and -',
        'endpoints.0.containerPort': 'a port, 1 to 65535',
        'endpoints.0.hostPort': 'a port, 1 to 65535',
      },
    });
  });

  it('shows what the server refused at the same fields', () => {
    expect(refusedSpec(new ClosError('NAME_TAKEN', 'There is a web already.'))).toEqual({
      name: 'There is a web already.',
    });
    const invalid = new ClosError('INVALID_INPUT', 'no', { errors: [{ path: 'runtime.image', message: 'is odd' }] });
    expect(errorAt(refusedSpec(invalid), 'runtime.image')).toBe('is odd');
    expect(errorAt(refusedSpec(invalid), 'name')).toBeUndefined();
    expect(refusedSpec(new Error('other'))).toEqual({});
  });
});
