import { useMutation } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { EventType } from '#shared/contract/events.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { queryClient } from '../../lib/query.ts';
import { tellFailure } from '../../lib/tell.ts';
import { showToast } from '../../lib/toasts.ts';

/** What a change of webhooks makes old. */
const webhookStale = [contract.webhooks.list.id, contract.webhooks.get.id, contract.webhooks.deliveries.id];

/** Adds one. Its secret is in the answer and nowhere else. */
export function useAddWebhook() {
  return useMutation({
    mutationFn: (webhook: { url: string; types: EventType[] | null }) => client.webhooks.create(webhook),
    // Whoever is shown the new one sees it in the list, too.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: [contract.webhooks.list.id] }),
  });
}

/** Turns one on or off; Undo is the opposite. */
export function useSwitchWebhook() {
  return useMutation({
    mutationFn: ({ webhook: { id }, enabled }: { webhook: Webhook; enabled: boolean }) => set(id, enabled),
    onSuccess: (_webhook, { webhook: { id, url }, enabled }) =>
      showToast({
        tone: 'plain',
        subject: id,
        title: enabled ? `${url} gets what happens from now on` : `${url} gets no more events`,
        command: enabled ? commandLines.enableWebhook(id) : commandLines.disableWebhook(id),
        undo: () => void undo(id, !enabled),
      }),
    onError: (error, { webhook: { id, url } }) => tellFailure(`${url} was not changed`, error, id),
  });
}

async function set(id: string, enabled: boolean): Promise<void> {
  try {
    await client.webhooks.update({ id, enabled });
  } finally {
    markStale(webhookStale);
  }
}

async function undo(id: string, enabled: boolean): Promise<void> {
  try {
    await set(id, enabled);
    showToast({ tone: 'plain', subject: id, title: 'Undone' });
  } catch (error) {
    tellFailure('It could not be undone', error, id);
  }
}

export function useRemoveWebhook(onRemoved: () => void) {
  return useMutation({
    mutationFn: ({ id }: Webhook) => client.webhooks.delete({ id }),
    onSuccess: (_nothing, { id, url }) => {
      showToast({ tone: 'plain', title: `${url} was removed`, command: commandLines.removeWebhook(id) });
      onRemoved();
    },
    onSettled: () => markStale(webhookStale),
  });
}
