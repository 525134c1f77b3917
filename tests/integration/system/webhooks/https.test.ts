import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Authority, type Certificate, createAuthority, selfSigned } from '#tests/support/certificates.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

const home = newHome();
let system: TestSystem;
let authority: Authority;
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  authority = createAuthority();
  writeFileSync(home.configFile, JSON.stringify({ webhooks: { attempts: 1 } }));
  system = await startSystem({ home, env: { NODE_EXTRA_CA_CERTS: authority.file } });
});
afterAll(async () => {
  for (const receiver of receivers) await receiver.close();
  await system.stop();
  removeHome(home);
  authority.remove();
});

async function addReceiver(certificate: Certificate): Promise<{ id: string; receiver: WebhookReceiver }> {
  const receiver = await startReceiver(() => 204, certificate);
  receivers.push(receiver);
  const { id } = await system.client.webhooks.create({ url: receiver.url, types: ['settings.changed'] });
  return { id, receiver };
}

const lastOf = async (id: string) => {
  const { lastDelivery } = await eventually(
    () => system.client.webhooks.get({ id }),
    (webhook) => webhook.lastDelivery !== null,
  );
  return [lastDelivery?.state, lastDelivery?.status, lastDelivery?.reason];
};

it('events go to a receiver whose authority NODE_EXTRA_CA_CERTS names, and not to one that vouches for itself', async () => {
  const good = await addReceiver(authority.certify('localhost'));
  const bad = await addReceiver(selfSigned('localhost'));
  await system.client.settings.putConflicts({ onConflict: 'reassign' });

  expect(await lastOf(good.id)).toEqual(['delivered', 204, null]);
  expect(await lastOf(bad.id)).toEqual(['failed', null, 'The certificate is self-signed.']);
  expect(good.receiver.received.map(({ event, servername }) => [event.type, servername])).toEqual([
    ['settings.changed', 'localhost'],
  ]);
  expect(bad.receiver.received).toEqual([]);
});
