import { statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

const home = newHome();
let system: TestSystem;
const receivers: WebhookReceiver[] = [];
const types = ['settings.changed' as const];

beforeAll(async () => {
  const webhooks = { attempts: 4, firstDelayMs: 20, lastDelayMs: 100, timeoutMs: 300 };
  writeFileSync(home.configFile, JSON.stringify({ webhooks }));
  system = await startSystem({ home });
});
afterEach(async () => {
  for (const { id } of (await system.client.webhooks.list()).items) await system.client.webhooks.delete({ id });
  for (const receiver of receivers.splice(0)) await receiver.close();
});
afterAll(async () => {
  await system.stop();
  removeHome(home);
});

async function receive(answer?: Parameters<typeof startReceiver>[0]): Promise<WebhookReceiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

/** Makes events, one for each call. Gives their numbers. */
async function happen(count: number): Promise<number[]> {
  const { client } = system;
  const { seq } = await client.system.status();
  for (let n = 0; n < count; n++) await client.settings.putConflicts({ onConflict: n % 2 === 0 ? 'ask' : 'reassign' });
  const { items } = await client.events.list({ type: 'settings.changed', after: seq });
  return items.map((event) => event.seq);
}

const arrivals = (receiver: WebhookReceiver, count: number) =>
  eventually(
    async () => receiver.received,
    (received) => received.length >= count,
  );
const until = ({ id }: Webhook, right: (webhook: Webhook) => boolean) =>
  eventually(() => system.client.webhooks.get({ id }), right);
const outcomes = async ({ id }: Webhook) =>
  (await system.client.webhooks.deliveries({ id, order: 'asc' })).items.map(
    ({ seq, state, attempts, status, reason }) => [seq, state, attempts, status, reason] as const,
  );
const eventsAbout = async (subject: string): Promise<ClosEvent[]> =>
  (await system.client.events.list({ subject, limit: 500 })).items;

describe('a receiver that fails', () => {
  it('gets the event again with the same id until it takes it, and the next one only then', async () => {
    const receiver = await receive((_request, count) => (count <= 2 ? 503 : 204));
    const webhook = await system.client.webhooks.create({ url: receiver.url, types });
    const [first, second] = await happen(2);
    await arrivals(receiver, 4);
    await until(webhook, ({ seq }) => seq === second);
    const [one, other] = (await system.client.webhooks.deliveries({ id: webhook.id, order: 'asc' })).items;

    expect(receiver.received.map(({ id, event }) => [id, event.seq])).toEqual([
      [one?.id, first],
      [one?.id, first],
      [one?.id, first],
      [other?.id, second],
    ]);
    expect(await outcomes(webhook)).toEqual([
      [first, 'delivered', 3, 204, null],
      [second, 'delivered', 1, 204, null],
    ]);
  });

  it('is given up for one event after so many attempts, which is an event, and gets the next one', async () => {
    let bad: number | undefined;
    const receiver = await receive(({ event }) => {
      bad ??= event.seq;
      return event.seq === bad ? 400 : 204;
    });
    const webhook = await system.client.webhooks.create({ url: receiver.url, types });
    const [first, second] = await happen(2);
    await until(webhook, ({ seq }) => seq === second);

    expect(await outcomes(webhook)).toEqual([
      [first, 'failed', 4, 400, 'The answer was HTTP 400.'],
      [second, 'delivered', 1, 204, null],
    ]);
    expect((await eventsAbout(webhook.id)).slice(1).map(({ type, data, actor }) => [type, data, actor.id])).toEqual([
      [
        'webhook.delivery-failed',
        { seq: first, type: 'settings.changed', attempts: 4, reason: 'The answer was HTTP 400.' },
        'worker',
      ],
    ]);
  });

  it('is disabled after two events in a row, and goes on with what happens once it is enabled again', async () => {
    const receiver = await receive(() => (isBroken ? 500 : 204));
    let isBroken = true;
    const webhook = await system.client.webhooks.create({ url: receiver.url });
    const [first, second, third] = await happen(3);
    const disabled = await until(webhook, ({ enabled }) => !enabled);
    const reason = '2 deliveries in a row were given up. The last time: The answer was HTTP 500.';

    expect(disabled).toMatchObject({ seq: second, disabledReason: reason });
    expect((await eventsAbout(webhook.id)).map(({ type }) => type)).toEqual([
      'webhook.created',
      'webhook.delivery-failed',
      'webhook.delivery-failed',
      'webhook.disabled',
    ]);
    const seqs = receiver.received.map(({ event }) => event.seq);
    expect(seqs).toEqual([first, first, first, first, second, second, second, second]);
    expect(seqs).not.toContain(third);

    isBroken = false;
    const enabled = await system.client.webhooks.update({ id: webhook.id, enabled: true });
    expect(enabled).toMatchObject({ enabled: true, disabledReason: null });
    const [next] = await happen(1);
    const [arrived] = (await arrivals(receiver, 9)).slice(8);
    expect(arrived?.event.seq).toBe(next);
  });

  it('is disabled at once by the answer 410', async () => {
    const receiver = await receive(() => 410);
    const webhook = await system.client.webhooks.create({ url: receiver.url, types });
    await happen(1);
    const { disabledReason } = await until(webhook, ({ enabled }) => !enabled);

    expect(disabledReason).toBe('The receiver answered HTTP 410: it wants no more events.');
    expect(receiver.received.length).toBe(1);
  });
});

describe('a receiver that hangs, redirects or goes away', () => {
  it('is not waited for beyond the timeout', async () => {
    const receiver = await receive((_request, count) => (count <= 4 ? () => undefined : 204));
    const webhook = await system.client.webhooks.create({ url: receiver.url, types });
    const [first, second] = await happen(2);
    await until(webhook, (now) => now.seq === second);

    expect(await outcomes(webhook)).toEqual([
      [first, 'failed', 4, null, 'No answer within 300 ms.'],
      [second, 'delivered', 1, 204, null],
    ]);
  });

  it('is not followed to where it redirects', async () => {
    const elsewhere = await receive();
    const receiver = await receive(() => (response) => void response.writeHead(307, { location: elsewhere.url }).end());
    const webhook = await system.client.webhooks.create({ url: receiver.url, types });
    const [seq] = await happen(1);
    await until(webhook, (now) => now.seq === seq);

    expect(await outcomes(webhook)).toEqual([
      [seq, 'failed', 4, 307, 'The answer was HTTP 307; redirects are not followed.'],
    ]);
    expect(elsewhere.received).toEqual([]);
  });

  it('gets what it missed when it is back', async () => {
    const gone = await receive();
    await gone.close();
    const webhook = await system.client.webhooks.create({ url: gone.url, types });
    const [first] = await happen(1);
    await until(webhook, ({ lastDelivery }) => lastDelivery?.reason === 'The connection was refused.');
    await gone.open();
    const [arrived] = await arrivals(gone, 1);
    expect(arrived?.event.seq).toBe(first);
  });
});

describe('a webhook', () => {
  it('gets only the types and subjects that it asked for, from where it asked to begin', async () => {
    const { client } = system;
    const { seq } = await client.system.status();
    const leases = [
      await client.ports.lease({ port: 'auto', note: 'one' }),
      await client.ports.lease({ port: 'auto', note: 'two' }),
    ];
    const { items } = await client.events.list({ type: 'port.reserved', after: seq });
    const receiver = await receive();
    await client.webhooks.create({
      url: receiver.url,
      types: ['port.reserved'],
      subjects: [items[1]?.subject.id ?? ''],
      after: seq,
    });
    const all = await receive();
    await client.webhooks.create({ url: all.url, types: ['port.reserved'], after: seq });

    expect((await arrivals(all, 2)).map(({ event }) => event)).toEqual(items);
    expect((await arrivals(receiver, 1)).map(({ event }) => event)).toEqual(items.slice(1));
    for (const { id } of leases) await client.ports.release({ id });
  });

  it('tells its secret once, and keeps it in a file that only the owner can read', async () => {
    const { client } = system;
    const created = await client.webhooks.create({ url: 'http://127.0.0.1:9/', types });
    expect(created.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = JSON.stringify([
      await client.webhooks.get({ id: created.id }),
      await client.webhooks.list(),
      await client.webhooks.update({ id: created.id, enabled: false }),
      await client.events.list({ limit: 500 }),
      await client.audit.list({ limit: 500 }),
    ]);
    expect(shown).not.toContain(created.secret);
    expect(statSync(home.coreDb).mode & 0o777).toBe(0o600);
  });

  it('can be tested at once, with what is in no log', async () => {
    const { client } = system;
    const receiver = await receive((_request, count) => (count === 1 ? 204 : 418));
    const { id } = await client.webhooks.create({ url: receiver.url, types });
    expect([await client.webhooks.test({ id }), await client.webhooks.test({ id })]).toEqual([
      { delivered: true, status: 204, reason: null },
      { delivered: false, status: 418, reason: 'The answer was HTTP 418.' },
    ]);
    expect(receiver.received.map(({ event }) => [event.seq, event.type, event.subject.id])).toEqual([
      [0, 'webhook.test', id],
      [0, 'webhook.test', id],
    ]);
    expect(new Set(receiver.received.map((one) => one.id)).size).toBe(2);
    expect((await client.webhooks.deliveries({ id })).items).toEqual([]);
  });

  it('ends with its removal', async () => {
    const { client } = system;
    const receiver = await receive();
    const other = await receive();
    const { id } = await client.webhooks.create({ url: receiver.url, types });
    await client.webhooks.create({ url: other.url, types });
    const before = await happen(1);
    await arrivals(receiver, 1);
    await client.webhooks.delete({ id });
    await happen(1);
    await arrivals(other, 2);
    expect(receiver.received.map(({ event }) => event.seq)).toEqual(before);
    const gone = { status: 404, code: 'WEBHOOK_NOT_FOUND' };
    await expect(client.webhooks.get({ id })).rejects.toMatchObject(gone);
    await expect(client.webhooks.deliveries({ id })).rejects.toMatchObject(gone);
    await expect(client.webhooks.test({ id })).rejects.toMatchObject(gone);
    await expect(client.webhooks.delete({ id })).rejects.toMatchObject(gone);
  });
});
