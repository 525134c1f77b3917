import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliveryId } from '#main/database/webhooks.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Received, startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

const home = newHome();
let system: TestSystem;
const receivers: WebhookReceiver[] = [];
const types = ['settings.changed' as const];

beforeAll(async () => {
  const webhooks = { attempts: 1000, firstDelayMs: 20, lastDelayMs: 100, timeoutMs: 5000 };
  writeFileSync(home.configFile, JSON.stringify({ webhooks, restart: { giveUpAfter: 1000, maxDelayMs: 200 } }));
  system = await startSystem({ home });
});
afterAll(async () => {
  for (const receiver of receivers) await receiver.close();
  await system.stop();
  removeHome(home);
});

async function webhook(answer?: Parameters<typeof startReceiver>[0], after?: number) {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return {
    receiver,
    ...(await system.client.webhooks.create({ url: receiver.url, types, ...(after === undefined ? {} : { after }) })),
  };
}

async function workerPid(): Promise<number> {
  const { modules } = await eventually(
    () => system.client.system.status(),
    ({ modules }) => modules.some(({ name, state, pid }) => name === 'worker' && state === 'ready' && pid !== null),
  );
  return modules.find(({ name }) => name === 'worker')?.pid ?? 0;
}

async function killWorker(): Promise<void> {
  const pid = await workerPid();
  process.kill(pid, 'SIGKILL');
  await eventually(workerPid, (now) => now !== pid);
}

const change = (n: number) => system.client.settings.putConflicts({ onConflict: n % 2 === 0 ? 'ask' : 'reassign' });
async function logged(after: number): Promise<number[]> {
  const seqs: number[] = [];
  for (;;) {
    const from = seqs.at(-1) ?? after;
    const { items } = await system.client.events.list({ type: 'settings.changed', after: from, limit: 500 });
    if (items.length === 0) return seqs;
    seqs.push(...items.map(({ seq }) => seq));
  }
}

const reaches = ({ id }: { id: string }, seq: number | undefined) =>
  eventually(
    () => system.client.webhooks.get({ id }),
    (now) => now.seq === seq,
  );

/** The events as a receiver that deduplicates by the id has them. */
function firsts(received: readonly Received[]): number[] {
  return [...new Map(received.map(({ id, event }) => [id, event.seq])).values()];
}

describe('kill -9 of the worker', () => {
  it('loses no event, keeps their order, and whatever comes twice has its id again', async () => {
    const { seq: before } = await system.client.system.status();
    let fails = 0;
    const good = await webhook();
    const flaky = await webhook(() => (++fails % 5 === 0 ? 500 : 204));
    let isLoaded = true;
    const load = (async () => {
      for (let n = 0; isLoaded; n++) await change(n);
    })();
    for (let kills = 0; kills < 6; kills++) {
      // In the middle of its work.
      const seen = good.receiver.received.length;
      await eventually(
        async () => good.receiver.received.length,
        (count) => count > seen + 20,
      );
      await killWorker();
    }
    isLoaded = false;
    await load;
    const seqs = await logged(before);
    await reaches(good, seqs.at(-1));
    await reaches(flaky, seqs.at(-1));

    expect(seqs.length).toBeGreaterThan(120);
    expect(firsts(good.receiver.received)).toEqual(seqs);
    expect(firsts(flaky.receiver.received)).toEqual(seqs);
    for (const { receiver, id } of [good, flaky]) {
      expect(receiver.received.filter((one) => one.id !== deliveryId(id, one.event))).toEqual([]);
    }
  });

  it('between the answer of the receiver and its record: the event is sent again with the same id, and counted once', async () => {
    const pid = await workerPid();
    const { receiver, id } = await webhook((_request, count) => {
      // It has the event, and the worker ends before it hears so.
      if (count === 1) process.kill(pid, 'SIGKILL');
      return 204;
    });
    const { seq: before } = await system.client.system.status();
    await change(0);
    const [seq] = await logged(before);
    await reaches({ id }, seq);
    const { items } = await system.client.webhooks.deliveries({ id });

    expect(receiver.received.map((one) => [one.id, one.event.seq])).toEqual([
      [items[0]?.id, seq],
      [items[0]?.id, seq],
    ]);
    expect(items.map(({ state, attempts }) => [state, attempts])).toEqual([['delivered', 1]]);
  });

  it('before a refusal for good is recorded: it is recorded once', async () => {
    const pid = await workerPid();
    const { receiver, id } = await webhook((_request, count) => {
      if (count === 1) process.kill(pid, 'SIGKILL');
      return 410;
    });
    await change(0);
    await eventually(
      () => system.client.webhooks.get({ id }),
      ({ enabled }) => !enabled,
    );

    expect(receiver.received.length).toBe(2);
    const { items } = await system.client.events.list({ subject: id });
    expect(items.map(({ type }) => type)).toEqual(['webhook.created', 'webhook.delivery-failed', 'webhook.disabled']);
  });

  it('between two attempts: it goes on with the next one', async () => {
    let isBroken = true;
    const { receiver, id } = await webhook(() => (isBroken ? 500 : 204));
    await change(0);
    await eventually(
      () => system.client.webhooks.get({ id }),
      ({ lastDelivery }) => (lastDelivery?.attempts ?? 0) >= 3,
    );
    await killWorker();
    const { lastDelivery } = await system.client.webhooks.get({ id });
    isBroken = false;
    const ended = await eventually(
      () => system.client.webhooks.get({ id }),
      (now) => now.lastDelivery?.state === 'delivered',
    );

    expect(ended.lastDelivery?.attempts).toBeGreaterThan(lastDelivery?.attempts ?? 0);
    expect(new Set(receiver.received.map((one) => one.id)).size).toBe(1);
  });
});

describe('kill -9 of the api', () => {
  it('is waited for: what was delivered meanwhile is recorded then, in order', async () => {
    const { modules, seq: before } = await system.client.system.status();
    const pid = modules.find(({ name }) => name === 'api')?.pid ?? 0;
    for (let n = 0; n < 30; n++) await change(n);
    const seqs = await logged(before);
    const { receiver, id } = await webhook((_request, count) => {
      if (count === 5) process.kill(pid, 'SIGKILL');
      return 204;
    }, before);
    await reaches({ id }, seqs.at(-1));

    expect(firsts(receiver.received)).toEqual(seqs);
    const { items } = await system.client.webhooks.deliveries({ id, order: 'asc' });
    expect(items.map(({ seq, state }) => [seq, state])).toEqual(seqs.map((seq) => [seq, 'delivered']));
  });
});

describe('kill -9 of everything', () => {
  it('lets the next start go on where it was', async () => {
    let isBroken = true;
    const { receiver, id } = await webhook(() => (isBroken ? 500 : 204));
    const { seq: before } = await system.client.system.status();
    for (let n = 0; n < 10; n++) await change(n);
    const seqs = await logged(before);
    await system.kill();
    isBroken = false;
    system = await startSystem({ home });
    await reaches({ id }, seqs.at(-1));

    expect(firsts(receiver.received)).toEqual(seqs);
  });
});
