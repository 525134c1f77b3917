import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import type { IpcResponse } from '#shared/client/ipc-protocol.ts';
import { serveIpcPort } from '#shared/client/ipc-serve.ts';
import { ClosError } from '#shared/contract/clos-error.ts';

const open: MessagePort[] = [];

/** Serves one end of a real message channel in the shape that Electron gives it: events with `data`. */
function serve(handle: Parameters<typeof serveIpcPort>[1]): {
  ask(message: unknown): Promise<unknown>;
  port: MessagePort;
} {
  const { port1, port2 } = new MessageChannel();
  open.push(port1);
  serveIpcPort(
    {
      postMessage: (message) => port2.postMessage(message),
      on: (event: string, listener: (event: { data: unknown }) => void) =>
        event === 'message'
          ? port2.on('message', (data: unknown) => listener({ data }))
          : port2.on('close', () => listener({ data: null })),
      start: () => port2.start(),
    },
    handle,
  );
  return {
    port: port1,
    ask: (message) =>
      new Promise((resolve) => {
        port1.once('message', resolve);
        port1.postMessage(message);
      }),
  };
}

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

const list = { id: 7, method: 'GET', path: '/api/v2/services?limit=2', headers: { accept: 'application/json' } };

it('answers a request with its id and hands over method, path, headers and body', async () => {
  const seen: unknown[] = [];
  const { ask } = serve(async (request) => {
    seen.push(request);
    return { status: 200, headers: { etag: '"1"' }, body: '{}' };
  });
  expect(await ask(list)).toEqual({ id: 7, status: 200, headers: { etag: '"1"' }, body: '{}' });
  expect(seen).toEqual([{ method: 'GET', path: '/api/v2/services?limit=2', headers: { accept: 'application/json' } }]);
});

it.each([
  ['a header that claims an identity', { ...list, headers: { authorization: 'Bearer clos_x' } }, 'headers'],
  ['a path that names another host', { ...list, path: '//evil.example/' }, 'path'],
  ['a method that does not exist', { ...list, method: 'TRACE' }, 'method'],
  ['an unknown field', { ...list, principal: 'module' }, ''],
])('refuses %s before it reaches the handler', async (_what, message, path) => {
  let reached = false;
  const { ask } = serve(async () => {
    reached = true;
    return { status: 200, headers: {}, body: '' };
  });
  const answer = (await ask(message)) as IpcResponse;
  const body = JSON.parse(answer.body);
  expect({ id: answer.id, status: answer.status, code: body.code, reached }).toEqual({
    id: 7,
    status: 400,
    code: 'INVALID_INPUT',
    reached: false,
  });
  expect(body.errors[0].path.split('.')[0]).toBe(path);
});

it('drops what is no request at all and goes on answering', async () => {
  const { ask, port } = serve(async () => ({ status: 204, headers: {}, body: '' }));
  for (const rubbish of [null, 1, 'x', [], { id: 'a' }, { id: -1 }]) port.postMessage(rubbish);
  expect(await ask(list)).toEqual({ id: 7, status: 204, headers: {}, body: '' });
});

it.each([
  [
    new ClosError('SERVICE_BUSY', 'web is being started.', { extra: { operation: 'op_1' } }),
    409,
    { code: 'SERVICE_BUSY', detail: 'web is being started.', operation: 'op_1' },
  ],
  [new Error('a secret of the server'), 500, { code: 'INTERNAL', detail: 'Something went wrong inside CLOS' }],
])('turns what the handler throws into a problem document', async (error, status, fields) => {
  const { ask } = serve(async () => {
    throw error;
  });
  const answer = (await ask(list)) as IpcResponse;
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject(fields);
  expect(answer.body).not.toContain('secret');
});
