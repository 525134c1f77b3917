import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosEvent } from '#shared/contract/events.ts';
import { eventually } from '#tests/support/eventually.ts';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

/** 32 bytes, as the receiver's owner may choose them. */
const key = Buffer.alloc(32, 'k');
const secret = `whsec_${key.toString('base64')}`;
const handled: ClosEvent[] = [];
let system: TestSystem;
let receiver: ChildProcess;
let url: string;

/** The one program in docs/webhooks.md, as it stands there. */
function documentedReceiver(): string {
  const programs = [...readFileSync('docs/webhooks.md', 'utf8').matchAll(/^```js\n(.*?)^```$/gms)];
  expect(programs.length).toBe(1);
  return programs[0]?.[1] ?? '';
}

beforeAll(async () => {
  system = await startSystem();
  const port = await freePort();
  url = `http://127.0.0.1:${port}/`;
  const program = join(system.home.root, 'receiver.mjs');
  writeFileSync(program, documentedReceiver());
  receiver = spawn(process.execPath, [program], {
    env: { PORT: String(port), CLOS_WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (receiver.stdout === null) throw new Error('no output');
  createInterface({ input: receiver.stdout }).on('line', (line) => handled.push(JSON.parse(line)));
  await eventually(
    () => fetch(url).catch(() => null),
    (answer) => answer !== null,
  );
});
afterAll(async () => {
  receiver.kill();
  if (receiver.exitCode === null && receiver.signalCode === null) await once(receiver, 'exit');
  await system.stop();
  removeHome(system.home);
});

/** Posts as CLOS would, but for what is said otherwise. Gives the status. */
async function deliver(given: {
  id?: string;
  seconds?: number;
  signature?: string;
  body?: string;
  signedBody?: string;
}) {
  const { id = 'whk_1-1', seconds = Math.floor(Date.now() / 1000), body = '{"seq":1}', signedBody = body } = given;
  const digest = createHmac('sha256', key).update(`${id}.${seconds}.${signedBody}`).digest('hex');
  const { status } = await fetch(url, {
    method: 'POST',
    headers: {
      'clos-webhook-id': id,
      'clos-webhook-timestamp': String(seconds),
      'clos-webhook-signature': given.signature ?? `v1=${digest}`,
    },
    body,
  });
  return status;
}

describe('the receiver of the documentation', () => {
  it('gets every event as the API shows it, in order, and believes it', async () => {
    const { client } = system;
    const webhook = await client.webhooks.create({ url, secret, types: ['settings.changed'] });
    for (let n = 0; n < 20; n++) await client.settings.putConflicts({ onConflict: n % 2 === 0 ? 'ask' : 'reassign' });
    await eventually(
      async () => handled.length,
      (count) => count >= 20,
    );
    const { items } = await client.events.list({ type: 'settings.changed', limit: 500 });

    expect(handled).toEqual(items);
    const delivered = await eventually(
      () => client.webhooks.get({ id: webhook.id }),
      ({ seq }) => seq === items.at(-1)?.seq,
    );
    expect(delivered.lastDelivery).toMatchObject({ state: 'delivered', attempts: 1, status: 204, reason: null });
  });

  it('handles a delivery that comes twice once', async () => {
    handled.length = 0;
    expect([await deliver({ id: 'a-1' }), await deliver({ id: 'a-1' }), await deliver({ id: 'a-2' })]).toEqual([
      204, 204, 204,
    ]);
    await eventually(
      async () => handled.length,
      (count) => count >= 2,
    );
    expect(handled).toEqual([{ seq: 1 }, { seq: 1 }]);
  });

  it('refuses what is forged, changed or old', async () => {
    handled.length = 0;
    const now = Math.floor(Date.now() / 1000);
    expect([
      await deliver({ id: 'b-1', signature: `v1=${'0'.repeat(64)}` }),
      await deliver({ id: 'b-2', signature: '' }),
      await deliver({ id: 'b-3', body: '{"seq":2}', signedBody: '{"seq":1}' }),
      await deliver({ id: 'b-4', seconds: now - 6 * 60 }),
      await deliver({ id: 'b-5', seconds: now + 6 * 60 }),
      await deliver({ id: 'b-6', seconds: Number.NaN }),
      await deliver({ id: 'b-7', seconds: now - 4 * 60 }),
    ]).toEqual([401, 401, 401, 401, 401, 401, 204]);
    await eventually(
      async () => handled.length,
      (count) => count >= 1,
    );
    expect(handled).toEqual([{ seq: 1 }]);
  });
});
