import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { listEvents } from '#main/database/events.ts';
import { consumerOf, deleteWebhook, findWebhook, insertWebhook, listDeliveries } from '#main/database/webhooks.ts';
import { applyReaction } from '#main/modules/api/operations/reactions.ts';
import type { Reaction } from '#shared/contract/internal.ts';

let folder: string;
let db: CoreDb;
const who = { actor: { type: 'module' as const, id: 'worker', name: 'worker' }, cause: null };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-reactions-'));
  db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

const add = () =>
  db.commit((write) =>
    insertWebhook(
      write,
      { url: 'http://127.0.0.1:9/', types: null, subjects: null, secret: 'whsec_', enabled: true },
      10,
    ),
  );
const apply = (reaction: Reaction) => db.commit((write) => applyReaction(write, reaction, who));
const typesAbout = (subject: string) => listEvents(db.read, { subject, limit: 100 }).map(({ type }) => type);

function reaction(
  webhookId: string,
  { seq, attempt, done, status }: { seq: number; attempt: number; done: boolean; status: number },
): Reaction {
  const delivered = status < 300;
  return {
    id: `${webhookId}@${seq}#${attempt}`,
    consumer: consumerOf(webhookId),
    seq,
    done,
    effect: {
      type: 'delivery',
      event: { type: 'settings.changed', time: '2026-01-01T00:00:00.000Z' },
      attempt,
      delivered,
      status,
      reason: delivered ? null : `The answer was HTTP ${status}.`,
      gone: false,
      at: '2026-01-01T00:00:00.000Z',
      nextAttemptAt: done ? null : '2026-01-01T00:00:01.000Z',
    },
  };
}

describe('a report of a reaction', () => {
  it('counts once, however often it comes', async () => {
    const id = await add();
    const failed = reaction(id, { seq: 11, attempt: 1, done: true, status: 500 });
    expect([await apply(failed), await apply(failed)]).toEqual([true, false]);
    expect(typesAbout(id)).toEqual(['webhook.delivery-failed']);
    expect(findWebhook(db.read, id)).toMatchObject({ seq: 11, enabled: true });
    expect(listDeliveries(db.read, { webhookId: id, order: 'asc', limit: 9 }).map(({ attempts }) => attempts)).toEqual([
      1,
    ]);
  });

  it('of an attempt does not move the cursor, and an older one does not undo it', async () => {
    const id = await add();
    await apply(reaction(id, { seq: 11, attempt: 2, done: false, status: 503 }));
    await apply(reaction(id, { seq: 11, attempt: 1, done: false, status: 500 }));
    expect(findWebhook(db.read, id)).toMatchObject({
      seq: 10,
      lastDelivery: { state: 'retrying', attempts: 2, status: 503 },
    });
    await apply(reaction(id, { seq: 11, attempt: 2, done: true, status: 204 }));
    expect(findWebhook(db.read, id)).toMatchObject({
      seq: 11,
      lastDelivery: { state: 'delivered', attempts: 2, status: 204 },
    });
  });

  it('of a success between two failures keeps the webhook enabled', async () => {
    const id = await add();
    for (const [seq, status] of [11, 12, 13].map((number, index) => [number, [500, 204, 500][index] ?? 0] as const)) {
      await apply(reaction(id, { seq, attempt: 1, done: true, status }));
    }
    expect(findWebhook(db.read, id)?.enabled).toBe(true);
    await apply(reaction(id, { seq: 14, attempt: 1, done: true, status: 500 }));
    expect(findWebhook(db.read, id)?.enabled).toBe(false);
    expect(typesAbout(id)).toEqual([
      'webhook.delivery-failed',
      'webhook.delivery-failed',
      'webhook.delivery-failed',
      'webhook.disabled',
    ]);
  });

  it('keeps the newest 500 outcomes', async () => {
    const id = await add();
    for (let seq = 11; seq <= 520; seq++) await apply(reaction(id, { seq, attempt: 1, done: true, status: 204 }));
    const kept = listDeliveries(db.read, { webhookId: id, order: 'asc', limit: 1000 }).map(({ seq }) => seq);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([500, 21, 520]);
  });

  it('about a webhook that is gone changes nothing', async () => {
    const id = await add();
    await db.commit((write) => deleteWebhook(write, id));
    expect(await apply(reaction(id, { seq: 11, attempt: 1, done: true, status: 500 }))).toBe(false);
    expect(typesAbout(id)).toEqual([]);
  });
});
