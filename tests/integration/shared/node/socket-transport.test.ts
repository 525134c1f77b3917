import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SocketTransport, socketTransport } from '#shared/node/socket-transport.ts';

const timeoutMs = 100;
const get = { method: 'GET', path: '/', headers: {} };

let folder: string;
let transport: SocketTransport;
let server: ReturnType<typeof createServer>;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-'));
  const socketPath = join(folder, 'api.sock');
  server = createServer((_request, response) => answer(response)).listen(socketPath);
  await once(server, 'listening');
  transport = socketTransport({ socketPath, token: () => null, timeoutMs });
});

afterEach(async () => {
  transport.close();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('the transport over a Unix socket', () => {
  it('gives up on an answer that does not begin', async () => {
    answer = () => undefined;
    await expect(transport.request(get)).rejects.toMatchObject({
      code: 'CLOS_UNREACHABLE',
      message: expect.stringContaining(`No answer within ${timeoutMs} ms`),
    });
  });

  it('keeps a stream that is silent for longer', async () => {
    answer = (response) => {
      response.write('one\n');
      setTimeout(() => response.end('two\n'), 3 * timeoutMs);
    };
    const { chunks } = await transport.request(get, { stream: true });
    let text = '';
    for await (const chunk of chunks ?? []) text += chunk;
    expect(text).toBe('one\ntwo\n');
  });

  it('says of a stream that breaks off what it says of an answer', async () => {
    answer = (response) => {
      response.write('one\n', () => response.destroy());
    };
    const { chunks } = await transport.request(get, { stream: true });
    const read = async () => {
      for await (const chunk of chunks ?? []) expect(chunk).toBe('one\n');
    };
    await expect(read()).rejects.toMatchObject({ code: 'CLOS_UNREACHABLE' });
  });
});
