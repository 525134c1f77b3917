import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { contract } from '#shared/contract/contract.ts';
import type { Access } from '#shared/contract/routes.ts';
import { Segmented } from '../../components/segmented.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { freshly } from '../../lib/freshly.ts';
import { operationQuery } from '../../lib/query.ts';
import { clockWithSeconds, fullTime } from '../../lib/time.ts';
import { msWords } from './traffic-words.ts';

/** How many of the newest are shown. */
const shown = 100;

function isFailure(status: number): boolean {
  return status === 0 || status >= 400;
}

function RequestRow({ time, requestId, method, path, status, durationMs, service }: Access) {
  return (
    <li
      className="grid h-(--row-compact) grid-cols-[60px_52px_minmax(0,1fr)_52px_56px] items-center gap-x-3 px-5 hover:bg-hover"
      title={`${method} ${path} · ${service ?? 'the gateway'} · ${requestId}`}
    >
      <time dateTime={time} title={fullTime(time)} className="text-faint tabular-nums">
        {clockWithSeconds(time)}
      </time>
      <span className="mono truncate text-soft">{method}</span>
      <span className="mono truncate">{path}</span>
      <span className={`text-right tabular-nums ${isFailure(status) ? 'font-medium text-failed' : 'text-soft'}`}>
        {status === 0 ? 'left' : status}
      </span>
      <span className="text-right text-faint tabular-nums">{msWords(durationMs)}</span>
    </li>
  );
}

const which = [
  { value: 'all', label: 'All' },
  { value: 'failed', label: 'Failed' },
] as const;

/** The newest requests of a route, newest first; the query of a URL is not among what is kept. */
export function RouteRequests({ id }: { id: string }) {
  const [kind, setKind] = useState<'all' | 'failed'>('all');
  const input = { route: id, limit: shown, ...(kind === 'failed' ? { failed: true } : {}) };
  const requests = useQuery({ ...operationQuery(contract.routes.requests, input), ...freshly, retry: false });
  return (
    <>
      <div className="flex shrink-0 border-b px-5 py-2">
        <Segmented label="Which" options={which} value={kind} onChange={setKind} />
      </div>
      {requests.data === undefined ? (
        requests.isPending ? (
          <SkeletonRows rows={6} />
        ) : (
          <ErrorState error={requests.error} onRetry={() => void requests.refetch()} />
        )
      ) : requests.data.items.length === 0 ? (
        <EmptyState title={kind === 'failed' ? 'None of the newest failed' : 'No request yet'}>
          <p>What is asked for by this name stands here as it is answered.</p>
        </EmptyState>
      ) : (
        <ol aria-label="Requests" className="py-1">
          {requests.data.items.map((access) => (
            <RequestRow key={`${access.requestId} ${access.time}`} {...access} />
          ))}
        </ol>
      )}
    </>
  );
}
