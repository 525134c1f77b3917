import { describe, expect, it } from 'vitest';
import {
  checkDraft,
  emptyDraft,
  errorAt,
  newEndpoint,
  refusedFields,
} from '#renderer/features/services/service-draft.ts';
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
        endpoints: [{ name: 'http', protocol: 'tcp', address: '127.0.0.1', containerPort: 80, hostPort: 3000 }],
        env: { A: '1', B: 'x=y' },
        healthCheck: null,
        restart: { policy: 'no', maxRetries: 5 },
        limits: { memory: 268_435_456 },
        onConflict: 'ask',
      },
    });
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
    expect(refusedFields(new ClosError('NAME_TAKEN', 'There is a web already.'))).toEqual({
      name: 'There is a web already.',
    });
    const invalid = new ClosError('INVALID_INPUT', 'no', { errors: [{ path: 'runtime.image', message: 'is odd' }] });
    expect(errorAt(refusedFields(invalid), 'runtime.image')).toBe('is odd');
    expect(errorAt(refusedFields(invalid), 'name')).toBeUndefined();
    expect(refusedFields(new Error('other'))).toEqual({});
  });
});
