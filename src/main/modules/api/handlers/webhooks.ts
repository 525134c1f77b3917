import { randomBytes } from 'node:crypto';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { putCursor } from '../../../database/event-cursors.ts';
import { appendEvent, lastSeq } from '../../../database/events.ts';
import type { ReadDb } from '../../../database/handle.ts';
import {
  consumerOf,
  deleteWebhook,
  findWebhook,
  findWebhookTarget,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  updateWebhook,
} from '../../../database/webhooks.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { refuseLiteralAddress } from '../../../http/outbound-address.ts';
import { actorOf } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { webhookSubject } from '../operations/reactions.ts';
import { pageOfAll, positionOf, toPage } from '../reads/pages.ts';

function mustFind<T>(found: T | null, id: string): T {
  if (found === null) throw new ClosError('WEBHOOK_NOT_FOUND', `There is no webhook "${id}".`);
  return found;
}

/** What a name resolves to is looked at before each delivery; an address that stands in the URL can be refused at once. */
function checkUrl(url: string | undefined): void {
  const refusal = url === undefined ? null : refuseLiteralAddress(url);
  if (refusal === null) return;
  throw new ClosError('INVALID_INPUT', `url: ${refusal}`, { errors: [{ path: 'url', message: refusal }] });
}

/** In the form of Standard Webhooks: 32 random bytes. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export function webhookHandlers({ db, module }: ApiContext): Handler[] {
  const { webhooks } = contract;
  const get = (read: ReadDb, id: string): Webhook => mustFind(findWebhook(read, id), id);
  return [
    handle(webhooks.list, ({ query: { limit, cursor } }) =>
      pageOfAll(listWebhooks(db.read), { limit, cursor, sort: 'id', keyOf: () => '' }),
    ),
    handle(webhooks.create, async ({ body: { after, secret = newSecret(), ...rest }, principal }) => {
      checkUrl(rest.url);
      const webhook = await db.commit((write) => {
        const newest = lastSeq(write);
        const id = insertWebhook(write, { ...rest, secret }, Math.min(after ?? newest, newest));
        const made = get(write, id);
        appendEvent(write, {
          type: 'webhook.created',
          subject: webhookSubject(made),
          actor: actorOf(principal),
          cause: null,
          data: { url: made.url },
        });
        return made;
      });
      return { ...webhook, secret };
    }),
    handle(webhooks.get, ({ params }) => get(db.read, params.id)),
    handle(webhooks.update, async ({ params: { id }, body, principal }) => {
      checkUrl(body.url);
      return db.commit((write) => {
        const before = mustFind(findWebhookTarget(write, id), id);
        const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
        if (Object.keys(given).length === 0) return get(write, id);
        updateWebhook(write, id, { ...before, ...given });
        if (!before.enabled && body.enabled === true) putCursor(write, consumerOf(id), lastSeq(write));
        const after = get(write, id);
        appendEvent(write, {
          type: 'webhook.updated',
          subject: webhookSubject(after),
          actor: actorOf(principal),
          cause: null,
          data: { changed: Object.keys(given) },
        });
        return after;
      });
    }),
    handle(webhooks.delete, async ({ params: { id }, principal }) => {
      await db.commit((write) => {
        const webhook = get(write, id);
        deleteWebhook(write, id);
        appendEvent(write, {
          type: 'webhook.deleted',
          subject: webhookSubject(webhook),
          actor: actorOf(principal),
          cause: null,
          data: { url: webhook.url },
        });
      });
      return undefined;
    }),
    handle(webhooks.test, ({ params: { id }, principal, requestId }) => {
      const event = {
        seq: 0,
        type: 'webhook.test',
        version: 1,
        subject: webhookSubject(get(db.read, id)),
        actor: actorOf(principal),
        cause: null,
        trace: requestId,
        time: new Date().toISOString(),
        data: {},
      };
      return module.sibling('worker').internal.testWebhook({ webhookId: id, event });
    }),
    handle(webhooks.deliveries, ({ params: { id }, query: { limit, cursor, order, state } }) => {
      get(db.read, id);
      const from = positionOf(cursor, order)?.key;
      const rows = listDeliveries(db.read, {
        webhookId: id,
        limit: limit + 1,
        order,
        state,
        ...(from === undefined ? {} : { from: Number(from) }),
      });
      return toPage(rows, { limit, sort: order, at: ({ seq, id }) => ({ key: seq, id }) });
    }),
  ];
}
