import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Delivery } from '#shared/contract/webhooks.ts';
import { CommandLine } from '../../components/command-line.tsx';
import { Section } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { commandLines } from '../../lib/commands.ts';
import { freshly } from '../../lib/freshly.ts';
import { operationQuery } from '../../lib/query.ts';
import { deliveryState } from './webhook-words.ts';

function DeliveryLine({ delivery }: { delivery: Delivery }) {
  const { glyph, text } = deliveryState(delivery);
  return (
    <li className="flex gap-2.5 py-1">
      <span className="flex h-5 items-center">
        <StatusGlyph status={glyph} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex gap-3">
          <Link href={`/timeline/${delivery.seq}`} className="min-w-0 truncate hover:underline">
            {delivery.type} <span className="text-faint">{delivery.seq}</span>
          </Link>
          <RelativeTime iso={delivery.lastAt} className="ml-auto text-faint" />
        </p>
        <p className="text-soft">{text}</p>
        {delivery.reason !== null && <p className="break-words text-soft">{delivery.reason}</p>}
      </div>
    </li>
  );
}

const filters = [
  { value: 'all', label: 'All' },
  { value: 'retrying', label: 'Retrying' },
  { value: 'failed', label: 'Failed' },
] as const;
type Filter = (typeof filters)[number]['value'];

/** So many are shown; who wants more has the command line. */
const shownDeliveries = 50;

/** What was sent to a webhook and what came of it, newest first. */
export function WebhookDeliveries({ id }: { id: string }) {
  const [filter, setFilter] = useState<Filter>('all');
  const { data, error } = useQuery({
    ...operationQuery(contract.webhooks.deliveries, {
      id,
      limit: shownDeliveries,
      ...(filter === 'all' ? {} : { state: filter }),
    }),
    ...freshly,
  });
  return (
    <Section title="Deliveries">
      {(filter !== 'all' || data?.items.length !== 0) && (
        <div className="mb-2">
          <Segmented label="Which deliveries" options={filters} value={filter} onChange={setFilter} />
        </div>
      )}
      {data === undefined ? (
        error !== null && <InlineProblem error={error} />
      ) : data.items.length === 0 ? (
        <p className="text-faint">{filter === 'all' ? 'Nothing was sent yet.' : 'None is like that.'}</p>
      ) : (
        <ul aria-label="Deliveries">
          {data.items.map((delivery) => (
            <DeliveryLine key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      {data?.nextCursor != null && (
        <div className="mt-2 border-t pt-2 text-faint">
          <p>Older ones:</p>
          <CommandLine command={commandLines.webhookDeliveries(id, 500)} className="justify-between" />
        </div>
      )}
    </Section>
  );
}
