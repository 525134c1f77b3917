import { randomUUID } from 'node:crypto';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Reaction } from '#shared/contract/internal.ts';
import { readDiscovery } from '#shared/node/discovery.ts';
import type { Home } from '#shared/node/home.ts';
import { listEvents } from '../../database/events.ts';
import type { ReadDb } from '../../database/handle.ts';
import { findDelivery, findWebhookTarget, listWebhookTargets, type WebhookTarget } from '../../database/webhooks.ts';
import { type Handler, handle } from '../../http/handler.ts';
import { type ModuleContext, portNames } from '../../supervisor/module.ts';
import { EventProcessor } from './events/event-processor.ts';
import { Outbox } from './outbox.ts';
import { type PostOutcome, post } from './webhooks/post.ts';
import { webhookConsumer } from './webhooks/webhook-consumer.ts';

/** So much may be done that the api has not recorded yet; after a crash it is done again. */
const unrecorded = 100;

/** The TCP ports of CLOS itself; null before all modules are ready. */
async function readOwnPorts(home: Home): Promise<ReadonlySet<number> | null> {
  const discovery = await readDiscovery(home);
  return discovery === null ? null : new Set(portNames.map((name) => Number(URL.parse(discovery[name].url)?.port)));
}

export interface Reactions {
  /** The doorbell. */
  ring(): void;
  handlers: Handler[];
  /** For `/readyz`. */
  status(): string;
  stop(): Promise<void>;
}

/** Everybody who reacts to events, and how what they did gets to the api. The webhooks are the first of them. */
export function createReactions({ home, config, log, sibling }: ModuleContext, db: ReadDb): Reactions {
  const outbox = new Outbox<Reaction>({
    send: (reactions) => sibling('api').internal.reportReactions({ reactions }),
    log,
  });
  const { timeoutMs, ...schedule } = config.webhooks;
  const send = (
    { url, secret }: WebhookTarget,
    message: { id: string; body: string },
    signal: AbortSignal,
  ): Promise<PostOutcome> =>
    post({ url, secret, ...message }, { ownPorts: () => readOwnPorts(home), timeoutMs, signal });
  const processor = new EventProcessor({
    readConsumers: () =>
      listWebhookTargets(db).map((webhook) =>
        webhookConsumer(webhook, { schedule, post: send, findDelivery: (id, seq) => findDelivery(db, id, seq) }),
      ),
    readEvents: (filter) => listEvents(db, filter),
    report: (reaction) => outbox.add(reaction),
    room: (signal) => outbox.until(() => outbox.size < unrecorded, signal),
    recorded: (name, signal) => outbox.until(() => !outbox.holds(({ consumer }) => consumer === name), signal),
    onError: (err) => log.error({ err }, 'A reaction to an event failed; it will be tried again'),
  });
  return {
    ring: () => processor.ring(),
    handlers: [
      handle(contract.internal.testWebhook, ({ body: { webhookId, event }, signal }) => {
        const webhook = findWebhookTarget(db, webhookId);
        if (webhook === null) throw new ClosError('WEBHOOK_NOT_FOUND', `There is no webhook "${webhookId}".`);
        return send(webhook, { id: `${webhookId}-test-${randomUUID()}`, body: JSON.stringify(event) }, signal);
      }),
    ],
    status: () => `${processor.size} react, ${outbox.size} reports waiting`,
    async stop() {
      await processor.stop();
      await outbox.stop();
    },
  };
}
