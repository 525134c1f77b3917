import { describe, expect, it } from 'vitest';
import { createClient } from '#shared/client/client.ts';
import { ipcTransport } from '#shared/client/ipc-transport.ts';
import type { TransportRequest } from '#shared/client/transport.ts';

describe('ipcTransport', () => {
  it('sends plain data over the bridge and no signal', async () => {
    const sent: TransportRequest[] = [];
    const client = createClient(
      ipcTransport({
        async request(request) {
          sent.push(structuredClone(request));
          return { status: 200, headers: {}, body: '{"items":[]}' };
        },
      }),
    );
    expect(await client.ports.ranges({}, { signal: new AbortController().signal })).toEqual({ items: [] });
    expect(sent).toEqual([{ method: 'GET', path: '/api/v2/ports/ranges', headers: { accept: 'application/json' } }]);
  });

  it('reads a stream that came whole', async () => {
    const lines = [1, 2].map((number) => ({ stream: 'stdout', time: null, line: `line ${number}` }));
    const client = createClient(
      ipcTransport({
        request: async () => ({ status: 200, headers: {}, body: lines.map((line) => JSON.stringify(line)).join('\n') }),
      }),
    );
    expect(await Array.fromAsync(await client.services.logs({ id: 'web' }))).toEqual(lines);
  });

  it('says that CLOS cannot be reached when the bridge fails', async () => {
    const client = createClient(ipcTransport({ request: () => Promise.reject(new Error('the port was closed')) }));
    await expect(client.ports.ranges()).rejects.toMatchObject({ code: 'CLOS_UNREACHABLE' });
  });

  it('lets a caller go that gives up, with its reason', async () => {
    const controller = new AbortController();
    const client = createClient(ipcTransport({ request: () => new Promise(() => undefined) }));
    const answer = client.ports.ranges({}, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});
