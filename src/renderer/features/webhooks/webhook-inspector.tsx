import { useMutation, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { Inspector } from '../../components/inspector.tsx';
import { ErrorState, InlineProblem, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { freshly } from '../../lib/freshly.ts';
import { operationQuery } from '../../lib/query.ts';
import { useStore } from '../../lib/store.ts';
import { fullTime } from '../../lib/time.ts';
import { useMay } from '../../lib/use-may.ts';
import { useSwitchWebhook } from './change-webhook.ts';
import { newSecret } from './new-secret.ts';
import { RemoveWebhookDialog } from './remove-webhook-dialog.tsx';
import { WebhookDeliveries } from './webhook-deliveries.tsx';
import { webhookState } from './webhook-words.ts';

function Secret({ id }: { id: string }) {
  const fresh = useStore(newSecret);
  if (fresh?.id !== id) return null;
  return (
    <section aria-label="Secret" className="border-b bg-sunken px-5 py-4">
      <p className="font-medium">Its secret is shown only now</p>
      <p className="text-soft">
        With it your program finds out that a request is from CLOS. How is told in{' '}
        <code className="mono">docs/webhooks.md</code>.
      </p>
      <div className="mt-2 flex items-center gap-2">
        <code className="mono min-w-0 flex-1 break-all">{fresh.secret}</code>
        <CopyButton text={fresh.secret} label="Copy the secret" />
        <Button onClick={() => newSecret.set(null)}>I have it</Button>
      </div>
    </section>
  );
}

interface ActionsProps {
  webhook: Webhook;
  onRemoved: () => void;
}

function Actions({ webhook, onRemoved }: ActionsProps) {
  const { id, enabled } = webhook;
  const [removing, setRemoving] = useState(false);
  const change = useSwitchWebhook();
  const test = useMutation({ mutationFn: () => client.webhooks.test({ id }) });
  const toggle = enabled
    ? ({ label: 'Disable', icon: 'stop', command: commandLines.disableWebhook(id) } as const)
    : ({ label: 'Enable', icon: 'play', command: commandLines.enableWebhook(id) } as const);
  return (
    <>
      <div className="flex items-center gap-2">
        <ActionButton
          label="Send a test"
          icon="external"
          command={commandLines.testWebhook(id)}
          disabled={test.isPending}
          onAct={() => test.mutate()}
        />
        <ActionButton
          {...toggle}
          disabled={change.isPending}
          onAct={() => change.mutate({ webhook, enabled: !enabled })}
        />
        <ActionButton
          label="Remove"
          icon="trash"
          command={commandLines.removeWebhook(id)}
          onAct={() => setRemoving(true)}
        />
      </div>
      {test.data !== undefined && !test.isPending && (
        <p role="status" className={`mt-3 ${test.data.delivered ? 'text-soft' : 'text-failed'}`}>
          {test.data.delivered
            ? `The test was taken: HTTP ${test.data.status}.`
            : `The test was not taken. ${test.data.reason ?? ''}`}
        </p>
      )}
      {test.isError && (
        <div className="mt-3">
          <InlineProblem error={test.error} />
        </div>
      )}
      {removing && <RemoveWebhookDialog webhook={webhook} onClose={() => setRemoving(false)} onRemoved={onRemoved} />}
    </>
  );
}

function WebhookFacts({ webhook, onRemoved }: ActionsProps) {
  const mayChange = useMay('system:admin');
  const { id, types, subjects, disabledReason, createdAt } = webhook;
  return (
    <>
      <Secret id={id} />
      <Section title="Receiver">
        <Definitions>
          <Definition name="URL" mono>
            {webhook.url}
          </Definition>
          <Definition name="State">
            {webhookState(webhook).text}
            {disabledReason !== null && <span className="text-soft">: {disabledReason}</span>}
          </Definition>
          <Definition name="Gets">{types === null ? 'all events' : types.join(', ')}</Definition>
          {subjects !== null && (
            <Definition name="About" mono>
              {subjects.join(', ')}
            </Definition>
          )}
          <Definition name="Added">{fullTime(createdAt)}</Definition>
          <Definition name="Id" mono>
            {id}
          </Definition>
        </Definitions>
        {mayChange && (
          <div className="mt-4">
            <Actions webhook={webhook} onRemoved={onRemoved} />
          </div>
        )}
      </Section>
      <WebhookDeliveries id={id} />
    </>
  );
}

/** One webhook beside the list: `/settings/webhooks/whk_…`. */
export function WebhookInspector({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/settings/webhooks'), [navigate]);
  const { data, error, isPending, refetch } = useQuery({
    ...operationQuery(contract.webhooks.get, { id }),
    ...freshly,
  });
  return (
    <Inspector
      label="Webhook"
      title={
        <>
          {data !== undefined && <StatusGlyph status={webhookState(data).glyph} />}
          <h2 className="truncate">{data === undefined ? 'Webhook' : data.url}</h2>
        </>
      }
      onClose={close}
      footer={
        data !== undefined && (
          <CommandLine command={commandLines.webhookDeliveries(id)} className="flex-1 justify-between" />
        )
      }
    >
      {data !== undefined ? (
        <WebhookFacts webhook={data} onRemoved={close} />
      ) : isPending ? (
        <SkeletonRows rows={6} />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </Inspector>
  );
}
