import { useId, useState } from 'react';
import type { EventType } from '#shared/contract/events.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { useAddWebhook } from './change-webhook.ts';
import { TypeChoice } from './type-choice.tsx';

interface AddProps {
  onClose: () => void;
  onAdded: (webhook: Webhook & { secret: string }) => void;
}

function isReceiver(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}

export function AddWebhookDialog({ onClose, onAdded }: AddProps) {
  const [text, setText] = useState('');
  const [types, setTypes] = useState<readonly EventType[] | null>(null);
  const addition = useAddWebhook();
  const formId = useId();
  const url = text.trim();
  const complete = isReceiver(url) && types?.length !== 0;
  return (
    <Dialog
      title="New webhook"
      width="wide"
      onClose={onClose}
      footer={
        <>
          {complete && <CommandLine command={commandLines.addWebhook(url, types)} className="mr-auto" />}
          <span className="ml-auto flex gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" type="submit" form={formId} disabled={!complete || addition.isPending}>
              Add
            </Button>
          </span>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete) addition.mutate({ url, types: types === null ? null : [...types] }, { onSuccess: onAdded });
        }}
      >
        <TextField
          label="Where events are posted to"
          code
          placeholder="http://127.0.0.1:4000/clos"
          maxLength={2000}
          value={text}
          error={url === '' || isReceiver(url) || 'https://'.startsWith(url) ? undefined : 'an http or https URL'}
          onChange={(event) => setText(event.target.value)}
        />
        <TypeChoice value={types} onChange={setTypes} />
        {addition.isError && <InlineProblem error={addition.error} />}
      </form>
    </Dialog>
  );
}
