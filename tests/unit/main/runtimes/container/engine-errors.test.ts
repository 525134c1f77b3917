import { describe, expect, it } from 'vitest';
import {
  answerOf,
  isAmbiguous,
  isEngineGone,
  needsNewContainer,
  refused,
  timedOut,
  unreachable,
} from '#main/runtimes/container/engine-errors.ts';

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('what an answer of the engine means', () => {
  it.each([
    // Docker 20.10 to 29.
    [404, 'No such image: shop/web:1', 'IMAGE_NOT_FOUND'],
    [
      404,
      'pull access denied for shop/web, repository does not exist or may require "docker login"',
      'IMAGE_NOT_FOUND',
    ],
    [404, 'manifest for alpine:0 not found: manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
    [500, 'manifest unknown', 'IMAGE_NOT_FOUND'],
    [500, 'failed to resolve reference "docker.io/shop/web:1": docker.io/shop/web:1: not found', 'IMAGE_NOT_FOUND'],
    [400, 'invalid reference format', 'IMAGE_NOT_FOUND'],
    [
      409,
      'Conflict. The container name "/web" is already in use by container "ab12". You have to remove (or rename) that container to be able to reuse that name.',
      'CONTAINER_NAME_TAKEN',
    ],
    [404, 'No such container: web', 'CONTAINER_NOT_FOUND'],
    [409, 'container is marked for removal and cannot be started', 'CONTAINER_NOT_FOUND'],
    [
      400,
      'failed to create shim: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "nope": executable file not found in $PATH: unknown',
      'CONTAINER_FAILED',
    ],
    [
      400,
      'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/x": permission denied: unknown',
      'CONTAINER_FAILED',
    ],
    [400, 'invalid mount config for type "bind": bind source path does not exist: /srv/none', 'CONTAINER_FAILED'],
    [500, 'exec /app: exec format error', 'CONTAINER_FAILED'],
    // An address inside a network, not a port.
    [403, 'Address already in use', 'CONTAINER_FAILED'],
    [403, 'failed to set up container networking: Address already in use', 'CONTAINER_FAILED'],
    // Podman 4 and 5.
    [404, 'shop/web:1: image not known', 'IMAGE_NOT_FOUND'],
    [
      500,
      'creating container storage: the container name "web" is already in use by ab12. You have to remove that container to be able to reuse that name: that name is already in use',
      'CONTAINER_NAME_TAKEN',
    ],
    [404, 'no container with name or ID "web" found: no such container', 'CONTAINER_NOT_FOUND'],
    [500, 'crun: open executable: Permission denied: OCI permission denied', 'CONTAINER_FAILED'],
    // What is nothing of these.
    [500, 'network clos-network not found', 'ENGINE_ERROR'],
    [
      409,
      'You cannot remove a running container ab12. Stop the container before attempting removal or force remove',
      'ENGINE_ERROR',
    ],
    [500, 'Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: permission denied', 'CONTAINER_FAILED'],
    [500, '', 'ENGINE_ERROR'],
  ])('%i %s', (status, message, code) => {
    const error = refused('start web', status, message);
    expect(error.code).toBe(code);
    expect(answerOf(error)).toMatchObject({ status, message });
  });

  it('is a port conflict with what the text says of the port, however the engine numbers it', () => {
    const message =
      'driver failed programming external connectivity on endpoint web (12ab): Bind for 127.0.0.1:3000 failed: port is already allocated';
    const error = refused('start web', 500, message);
    expect(error).toMatchObject({
      code: 'PORT_CONFLICT',
      message: 'Port 3000 on 127.0.0.1 is taken by another container of this engine.',
      extra: { text: { address: '127.0.0.1', port: 3000, by: 'engine', message } },
    });
  });

  it('is a call for a new container where no further start can succeed', () => {
    const stale = refused('start web', 500, `task ${'5c6ac02e451a'.repeat(5)}: already exists`);
    expect(stale).toMatchObject({ code: 'CONTAINER_FAILED', extra: { needsNewContainer: true } });
    const gone = refused('start web', 404, 'No such container: web');
    const taken = refused('start web', 500, 'Bind for 0.0.0.0:80 failed: port is already allocated');
    const half = refused('start web', 500, 'id already in use');
    expect([stale, half, gone, taken, new Error('x')].map(needsNewContainer)).toEqual([true, true, true, false, false]);
  });

  it('says what was tried, and the engine’s own words', () => {
    expect(refused('start web', 409, 'it is paused').message).toBe(
      'The container engine could not start web: it is paused',
    );
    expect(refused('start web', 418, ' ').message).toBe('The container engine could not start web: it answered 418');
  });
});

describe('a connection that fails', () => {
  it.each([
    [
      'ENOENT',
      'The container engine at /x.sock cannot be reached: there is no socket there; it is probably not running.',
      false,
    ],
    [
      'ECONNREFUSED',
      'The container engine at /x.sock cannot be reached: nothing answers there; it is probably not running.',
      false,
    ],
    [
      'EACCES',
      'The container engine at /x.sock cannot be reached: this user may not open it (on Linux, membership of the group "docker" allows it).',
      false,
    ],
    ['EPIPE', 'The container engine at /x.sock cannot be reached: the connection broke (EPIPE).', true],
    ['ECONNRESET', 'The container engine at /x.sock cannot be reached: the connection broke (ECONNRESET).', true],
  ])('with %s', (code, message, ambiguous) => {
    const error = unreachable('/x.sock', failure(code));
    expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', message });
    expect({ ambiguous: isAmbiguous(error), gone: isEngineGone(error) }).toEqual({ ambiguous, gone: true });
  });

  it('may have done the work when the answer is late', () => {
    const error = timedOut('create web', 1500);
    expect(error).toMatchObject({
      code: 'ENGINE_TIMEOUT',
      message: 'The container engine did not create web within 1.5 s.',
    });
    expect(isAmbiguous(error)).toBe(true);
  });

  it('is nothing of the kind when the engine has answered', () => {
    const error = refused('start web', 500, 'no');
    expect({ ambiguous: isAmbiguous(error), gone: isEngineGone(error) }).toEqual({ ambiguous: false, gone: false });
  });
});
