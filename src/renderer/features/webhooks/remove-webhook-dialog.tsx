import type { Webhook } from '#shared/contract/webhooks.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { useRemoveWebhook } from './change-webhook.ts';

interface RemoveProps {
  webhook: Webhook;
  onClose: () => void;
  onRemoved: () => void;
}

export function RemoveWebhookDialog({ webhook, onClose, onRemoved }: RemoveProps) {
  const removal = useRemoveWebhook(onRemoved);
  return (
    <Dialog
      title="Remove the webhook"
      onClose={onClose}
      footer={
        <>
          <CommandLine command={commandLines.removeWebhook(webhook.id)} className="mr-auto" />
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={removal.isPending} onClick={() => removal.mutate(webhook)}>
            Remove
          </Button>
        </>
      }
    >
      <p className="mb-2">This cannot be undone. What happens:</p>
      <ul className="flex list-disc flex-col gap-1 pl-5 text-soft">
        <li className="break-words">{webhook.url} gets no more events</li>
        <li>its secret and the record of its deliveries go</li>
        <li>the events themselves stay in the timeline</li>
      </ul>
      {removal.isError && (
        <div className="mt-4">
          <InlineProblem error={removal.error} />
        </div>
      )}
    </Dialog>
  );
}
