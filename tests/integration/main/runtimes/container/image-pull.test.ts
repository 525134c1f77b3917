import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { arch } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import type { PullProgress } from '#main/runtimes/container/types.ts';
import { engineRequest } from '#tests/support/engine-http.ts';
import { tar } from '#tests/support/tar.ts';
import { silentLog } from './spec.ts';

const { socketPath } = inject('engine');
const engine = createContainerEngine({ address: { kind: 'socket', path: socketPath }, log: silentLog });

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const layer = tar([{ path: 'noise', content: randomBytes(512 * 1024).toString('base64') }]);
const packed = gzipSync(layer);
const config = Buffer.from(
  JSON.stringify({
    architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  }),
);
const describeBlob = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) });
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: describeBlob('application/vnd.docker.container.image.v1+json', config),
    layers: [describeBlob('application/vnd.docker.image.rootfs.diff.tar.gzip', packed)],
  }),
);
const blobs = new Map([config, packed].map((bytes) => [digestOf(bytes), bytes]));

/** Whether the registry keeps the layer back. */
let stalls = false;
let onStall = () => undefined as undefined;

/** A registry with one image; engines speak plain HTTP with registries of this machine. */
const registry = createServer((request, response) => {
  const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
  if (request.url === '/v2/') response.end('{}');
  else if (kind === 'manifests' && (reference === '1' || reference === digestOf(manifest))) {
    const headers = { 'content-type': manifestType, 'docker-content-digest': digestOf(manifest) };
    response.writeHead(200, { ...headers, 'content-length': manifest.length });
    response.end(request.method === 'HEAD' ? undefined : manifest);
  } else if (kind === 'blobs' && blobs.has(reference)) {
    const bytes = blobs.get(reference) ?? Buffer.alloc(0);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length });
    if (stalls && bytes === packed) response.write(packed.subarray(0, 1000), () => onStall());
    else response.end(request.method === 'HEAD' ? undefined : bytes);
  } else {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
  }
});

let repository: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const address = registry.address();
  repository = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}/clos-test/pulled`;
});
afterAll(async () => {
  await engineRequest(socketPath, `/images/${repository}:1?force=1`, { method: 'DELETE' });
  engine.close();
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
});

describe('an image that is missing here', () => {
  it('is pulled with its progress, once', async () => {
    const image = `${repository}:1`;
    const seen: PullProgress[] = [];
    expect(await engine.pull(image, { onProgress: (progress) => seen.push(progress) })).toEqual({ pulled: true });
    expect(await engine.hasImage(image)).toBe(true);
    const percents = seen.map((each) => each.percent).filter((percent) => percent !== null);
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(seen.at(-1)?.text).toBe(`Status: Downloaded newer image for ${image}`);
    expect(await engine.pull(image)).toEqual({ pulled: false });
    expect(await engine.pull(image, { when: 'never' })).toEqual({ pulled: false });
    expect(await engine.pull(image, { when: 'always' })).toEqual({ pulled: true });
  });

  it('is an error when the registry does not have it either', async () => {
    await expect(engine.pull(`${repository}:2`)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('manifest unknown'),
    });
    expect(engine.state.status).toBe('available');
  });

  it('is no longer waited for when the caller gives up', async () => {
    await engineRequest(socketPath, `/images/${repository}:1?force=1`, { method: 'DELETE' });
    const caller = new AbortController();
    stalls = true;
    onStall = () => void caller.abort(new Error('enough'));
    await expect(engine.pull(`${repository}:1`, { signal: caller.signal })).rejects.toThrow('enough');
    expect(await engine.hasImage(`${repository}:1`)).toBe(false);
  });
});
