import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';
import { clockTime } from '../../../src/cli/output/time.ts';
import { type CliResult, runCli } from './run-cli.ts';

const home = newHome();
let system: TestSystem;
let receiver: WebhookReceiver;
const clos = (...args: string[]): Promise<CliResult> => runCli(environmentOf(home), args);

beforeAll(async () => {
  // So long that whatever is tried again in this file is not tried again by time.
  writeFileSync(home.configFile, JSON.stringify({ webhooks: { firstDelayMs: 3_600_000 } }));
  system = await startSystem({ home });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await system.stop();
  removeHome(home);
});

const recently = expect.stringMatching(/^just now$| ago$/);
/** The cells of a line of a table. */
const words = (line: string) => line.split(/ {2,}/);

describe('clos webhooks', () => {
  it('adds a webhook and tells its secret once, lists, tests and removes it', async () => {
    expect((await clos('webhooks')).out).toBe('There are no webhooks.\n');
    const added = await clos('webhooks', 'add', receiver.url, '--type', 'port.reserved', '--type', 'port.released');
    const [, id = ''] = /^(whk_\w{26}) posts port\.reserved, port\.released to http/.exec(added.out) ?? [];
    expect(added.out).toMatch(/^Secret: whsec_[A-Za-z0-9+/]{43}=$/m);

    const { out } = await clos('webhooks');
    expect(out).toMatch(/^WEBHOOK +URL +TYPES +STATE +LAST EVENT\n/);
    expect(out).toContain(`${id}  ${receiver.url}  port.reserved, port.released  on     nothing yet`);
    expect(out).not.toContain('whsec_');

    expect(await clos('webhooks', 'test', id)).toEqual({ code: 0, out: 'It was taken: HTTP 204.\n', err: '' });
    expect(receiver.received.map(({ event }) => event.type)).toEqual(['webhook.test']);
    expect(await clos('webhooks', 'rm', id)).toEqual({ code: 0, out: `${id} is removed.\n`, err: '' });
    expect([(await clos('webhooks', 'rm', id)).code, (await clos('webhooks', 'test', id)).code]).toEqual([3, 3]);
  });

  it('says what is wrong with a type, a URL or a test', async () => {
    const typo = await clos('webhooks', 'add', receiver.url, '--type', 'port.reservd');
    expect([typo.code, typo.err]).toEqual([
      2,
      'There are no events of the type "port.reservd".\nDid you mean port.reserved?\n',
    ]);
    expect((await clos('webhooks', 'add', 'http://169.254.169.254/')).code).toBe(2);

    const { id } = await system.client.webhooks.create({ url: 'http://127.0.0.1:9/', types: ['port.reserved'] });
    const refused = await clos('webhooks', 'test', id);
    expect([refused.code, refused.out]).toEqual([1, 'It was not taken. The connection was refused.\n']);
    await system.client.webhooks.delete({ id });
  });

  it('has a corrected URL tried at once, and enables what was disabled', async () => {
    const { client } = system;
    const { id } = await client.webhooks.create({ url: 'http://127.0.0.1:9/', types: ['port.reserved'] });
    const lease = await client.ports.lease({ port: 'auto', note: 'a note' });
    const waiting = await eventually(
      () => client.webhooks.get({ id }),
      ({ lastDelivery }) => lastDelivery?.state === 'retrying',
    );
    expect((await clos('webhooks')).out).toContain('retries: The connection was refused.');
    await client.webhooks.update({ id, url: receiver.url });
    const { lastDelivery } = await eventually(
      () => client.webhooks.get({ id }),
      (now) => now.lastDelivery?.state === 'delivered',
    );
    expect(lastDelivery).toMatchObject({ seq: waiting.lastDelivery?.seq, attempts: 2 });

    expect((await clos('webhooks', 'disable', id)).out).toBe(`${id} gets no more events.\n`);
    expect((await client.webhooks.get({ id })).enabled).toBe(false);
    await client.ports.release({ id: lease.id });
    expect((await clos('webhooks', 'enable', id)).out).toMatch(/^whk_\w+ gets what happens after event \d+\.\n$/);
    expect((await client.webhooks.get({ id })).enabled).toBe(true);
    await client.webhooks.delete({ id });
  });

  it('tells what was sent, what came of it and when it is tried again', async () => {
    const { client } = system;
    const types = ['port.reserved' as const];
    const taken = await client.webhooks.create({ url: receiver.url, types });
    const refused = await client.webhooks.create({ url: 'http://127.0.0.1:9/', types });
    expect((await clos('webhooks', 'deliveries', taken.id)).out).toBe('There are no such deliveries.\n');
    await client.ports.lease({ port: 'auto', note: 'a note' });
    const [good, bad] = await Promise.all(
      [taken, refused].map(async ({ id }) => {
        const { lastDelivery } = await eventually(
          () => client.webhooks.get({ id }),
          (webhook) => webhook.lastDelivery !== null,
        );
        return lastDelivery;
      }),
    );

    expect((await clos('webhooks', 'deliveries', taken.id)).out.split('\n').map(words)).toEqual([
      ['EVENT', 'TYPE', 'OUTCOME', 'ATTEMPTS', 'LAST', 'NEXT', 'DELIVERY'],
      [String(good?.seq), 'port.reserved', 'delivered, HTTP 204', '1', recently, good?.id],
      [''],
    ]);
    const next = clockTime(bad?.nextAttemptAt ?? '', Date.now());
    const outcome = 'retrying: The connection was refused.';
    expect((await clos('webhooks', 'deliveries', refused.id)).out.split('\n').map(words)).toEqual([
      ['EVENT', 'TYPE', 'OUTCOME', 'ATTEMPTS', 'LAST', 'NEXT', 'DELIVERY'],
      [String(bad?.seq), 'port.reserved', outcome, '1', recently, next, bad?.id],
      [''],
    ]);
    expect(JSON.parse((await clos('webhooks', 'deliveries', refused.id, '--json')).out)).toEqual({
      items: [bad],
      nextCursor: null,
    });
    expect((await clos('webhooks', 'deliveries', refused.id, '--state', 'failed')).out).toBe(
      'There are no such deliveries.\n',
    );
    expect((await clos('webhooks', 'deliveries', 'whk_none')).code).toBe(3);
  });
});
