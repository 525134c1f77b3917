import { afterEach, describe, expect, it } from 'vitest';
import { type PostOptions, post } from '#main/modules/worker/webhooks/post.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

const receivers: WebhookReceiver[] = [];

afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receive(): Promise<{ receiver: WebhookReceiver; port: number }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  return { receiver, port: Number(new URL(receiver.url).port) };
}

const message = { secret: `whsec_${Buffer.alloc(32).toString('base64')}`, id: 'whk_1-1', body: '{}' };
const options: PostOptions = {
  ownPorts: async () => new Set(),
  timeoutMs: 2000,
  signal: new AbortController().signal,
};

describe('a post to a name', () => {
  it('goes to the address that was checked, and the name is not asked about again', async () => {
    const { receiver, port } = await receive();
    // Nobody else knows this name, so another look would find nothing.
    const url = `http://receiver.invalid:${port}/hook?a=1`;
    const asked: string[] = [];
    const outcome = await post(
      { ...message, url },
      {
        ...options,
        resolve: async (host) => {
          asked.push(host);
          return [{ address: '127.0.0.1', family: 4 }];
        },
      },
    );

    expect([outcome, asked]).toEqual([
      { delivered: true, status: 204, reason: null, retryAfterMs: null },
      ['receiver.invalid'],
    ]);
    expect(receiver.received.map(({ headers }) => headers.host)).toEqual([`receiver.invalid:${port}`]);
  });

  it.each(['169.254.169.254', 'fe80::1', '::ffff:169.254.0.1', 'fe80::1%lo', '100.100.100.200', '0.0.0.0', '::'])(
    'is not made when one of its addresses is %s',
    async (address) => {
      const { receiver, port } = await receive();
      const outcome = await post(
        { ...message, url: `http://receiver.invalid:${port}/` },
        {
          ...options,
          resolve: async () => [
            { address: '127.0.0.1', family: 4 },
            { address, family: address.includes(':') ? 6 : 4 },
          ],
        },
      );

      expect(outcome).toEqual({
        delivered: false,
        status: null,
        reason: expect.stringContaining(address),
        retryAfterMs: null,
      });
      expect(receiver.received).toEqual([]);
    },
  );

  it('is not made to a port of CLOS, nor while those are not known', async () => {
    const { receiver, port } = await receive();
    const url = `http://localhost:${port}/`;
    expect([
      await post({ ...message, url }, { ...options, ownPorts: async () => new Set([port]) }),
      await post({ ...message, url }, { ...options, ownPorts: async () => null }),
      await post({ ...message, url: 'http://receiver.invalid/' }, { ...options, resolve: async () => [] }),
    ]).toEqual([
      { delivered: false, status: null, reason: `Port ${port} is one of CLOS's own.`, retryAfterMs: null },
      { delivered: false, status: null, reason: 'CLOS is still starting.', retryAfterMs: null },
      { delivered: false, status: null, reason: 'The name could not be resolved.', retryAfterMs: null },
    ]);
    expect(receiver.received).toEqual([]);
  });
});
