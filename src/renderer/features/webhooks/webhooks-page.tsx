import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { Button } from '../../components/button.tsx';
import { Cell, HeadCell } from '../../components/cells.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { RowList } from '../../components/row-list.tsx';
import { SettingsParts } from '../../components/settings-parts.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { freshly } from '../../lib/freshly.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { listQuery } from '../../lib/query.ts';
import { useCursor } from '../../lib/use-cursor.ts';
import { useMay } from '../../lib/use-may.ts';
import { AddWebhookDialog } from './add-webhook-dialog.tsx';
import { newSecret } from './new-secret.ts';
import { typesWords, webhookState } from './webhook-words.ts';

const columns =
  'gap-x-4 grid-cols-[minmax(160px,1.6fr)_minmax(120px,1fr)_120px_64px] @max-[640px]/page:grid-cols-[minmax(120px,1fr)_120px_64px]';
const onlyWide = 'truncate text-soft @max-[640px]/page:hidden';

function WebhookRow({ webhook }: { webhook: Webhook }) {
  const { glyph, text } = webhookState(webhook);
  return (
    <>
      <Cell className="flex min-w-0 items-center gap-2.5" title={webhook.url}>
        <StatusGlyph status={glyph} />
        <span className={`truncate ${webhook.enabled ? 'font-medium' : 'text-soft'}`}>{webhook.url}</span>
      </Cell>
      <Cell className={onlyWide} title={webhook.types?.join(', ')}>
        {typesWords(webhook)}
      </Cell>
      <Cell className="truncate text-soft" title={webhook.disabledReason ?? webhook.lastDelivery?.reason ?? undefined}>
        {text}
      </Cell>
      <Cell className="text-faint">
        {webhook.lastDelivery === null ? '–' : <RelativeTime iso={webhook.lastDelivery.lastAt} bare />}
      </Cell>
    </>
  );
}

/** Who is told of events, and how that goes: `/settings/webhooks`. */
export function WebhooksPage({ opened }: { opened: string | null }) {
  const webhooks = useQuery({ ...listQuery(contract.webhooks.list), ...freshly });
  const mayChange = useMay('system:admin');
  const [adding, setAdding] = useState(false);
  const [, navigate] = useLocation();
  const keys = useMemo(() => (webhooks.data ?? []).map(({ id }) => id), [webhooks.data]);
  const open = (id: string, replace = false) => navigate(`/settings/webhooks/${id}`, { replace });
  const cursor = useCursor({ keys, opened, onOpen: (id, how) => open(id, how === 'follow') });
  useKeys({ n: () => mayChange && setAdding(true) });
  useEffect(() => () => newSecret.set(null), []);

  const add = (label: string) =>
    mayChange && (
      <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
        {label}
      </Button>
    );
  return (
    <Page title="Settings" tools={add('New')}>
      <SettingsParts />
      {webhooks.data !== undefined ? (
        webhooks.data.length === 0 ? (
          <EmptyState title="Nobody is told of events">
            <p>
              A webhook has events posted to a URL of yours: signed, in order, and again and again until your program
              has taken them.
            </p>
            {add('Add a webhook')}
          </EmptyState>
        ) : (
          <RowList
            label="Webhooks"
            items={webhooks.data}
            keyOf={({ id }) => id}
            cursor={cursor}
            opened={opened}
            onOpen={open}
            columns={columns}
            head={
              <>
                <HeadCell>Receiver</HeadCell>
                <HeadCell className={onlyWide}>Gets</HeadCell>
                <HeadCell>State</HeadCell>
                <HeadCell>Last</HeadCell>
              </>
            }
            row={(webhook) => <WebhookRow webhook={webhook} />}
          />
        )
      ) : webhooks.isPending ? (
        <SkeletonRows rows={4} />
      ) : (
        <ErrorState error={webhooks.error} onRetry={() => void webhooks.refetch()} />
      )}
      {adding && (
        <AddWebhookDialog
          onClose={() => setAdding(false)}
          onAdded={({ id, secret }) => {
            setAdding(false);
            newSecret.set({ id, secret });
            open(id);
          }}
        />
      )}
    </Page>
  );
}
