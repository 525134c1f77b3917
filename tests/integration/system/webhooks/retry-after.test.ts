import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from '#shared/contract/webhooks.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

const home = newHome();
let system: TestSystem;
let receiver: WebhookReceiver;

beforeAll(async () => {
  const webhooks = { attempts: 4, firstDelayMs: 20, lastDelayMs: 100 };
  writeFileSync(home.configFile, JSON.stringify({ webhooks }));
  system = await startSystem({ home });
});
afterEach(async () => {
  for (const { id } of (await system.client.webhooks.list()).items) await system.client.webhooks.delete({ id });
  await receiver.close();
});
afterAll(async () => {
  await system.stop();
  removeHome(home);
});

/** Has one event delivered to a receiver that refuses the first attempt like this. Resolves when the delivery is as asked for. */
async function refuseFirst(status: number, retryAfter: string, right: Delivery['state']): Promise<Delivery> {
  const { client } = system;
  receiver = await startReceiver((_request, count) =>
    count > 1 ? 204 : (response) => void response.writeHead(status, { 'retry-after': retryAfter }).end(),
  );
  const { id } = await client.webhooks.create({ url: receiver.url, types: ['settings.changed'] });
  await client.settings.putConflicts({ onConflict: 'ask' });
  await client.settings.putConflicts({ onConflict: 'reassign' });
  return eventually(
    async () => (await client.webhooks.deliveries({ id, order: 'asc' })).items[0] as Delivery,
    (delivery) => delivery?.state === right,
  );
}

const waitOf = ({ lastAt, nextAttemptAt }: Delivery) => Date.parse(nextAttemptAt ?? '') - Date.parse(lastAt);

describe('a receiver that answers with Retry-After', () => {
  it.each([
    [429, '120', 120_000],
    [503, '120', 120_000],
    [503, '86400', 3_600_000],
  ])('HTTP %i and %s seconds, is asked again after %i ms', async (status, retryAfter, ms) => {
    expect(waitOf(await refuseFirst(status, retryAfter, 'retrying'))).toBe(ms);
  });

  it('as a date, is asked again then', async () => {
    const at = new Date(Date.now() + 600_000).toUTCString();
    const { nextAttemptAt } = await refuseFirst(503, at, 'retrying');
    expect(new Date(nextAttemptAt ?? '').toUTCString()).toBe(at);
  });

  it('gets nothing until then', async () => {
    const { firstAt, lastAt, attempts } = await refuseFirst(503, '1', 'delivered');
    expect([attempts, Date.parse(lastAt) - Date.parse(firstAt) >= 1000]).toEqual([2, true]);
  });

  it('but is not overloaded, or with a word that means nothing, is asked again as always', async () => {
    const other = await refuseFirst(500, '3600', 'delivered');
    await receiver.close();
    expect([other.attempts, (await refuseFirst(503, 'soon', 'delivered')).attempts]).toEqual([2, 2]);
  });
});
