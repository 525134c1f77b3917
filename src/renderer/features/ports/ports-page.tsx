import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { LeaseRow, Range } from '#shared/contract/ports.ts';
import type { Service } from '#shared/contract/services.ts';
import { Page } from '../../components/page.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { endpointState, type PortState } from '../../lib/port-state.ts';
import { listQuery, operationQuery } from '../../lib/query.ts';
import { PortLookup } from './port-lookup.tsx';
import { type RangePart, rangeParts } from './range-parts.ts';

interface Known {
  leases: readonly LeaseRow[];
  services: readonly Service[];
  conflicts: readonly Conflict[];
}

function chipOf(lease: LeaseRow, { services, conflicts }: Known): { state: PortState; url: string | null } {
  const service = services.find(({ id }) => id === lease.service.id);
  const endpoint = service?.endpoints.find(({ name }) => name === lease.endpoint);
  if (service === undefined || endpoint === undefined) return { state: 'leased', url: null };
  return { state: endpointState(service, endpoint, conflicts), url: endpoint.url };
}

/** How full a range is, in forty steps: the darker a step, the more of its ports are leased. */
function Occupancy({ range, leases }: { range: Range; leases: readonly LeaseRow[] }) {
  const size = range.last - range.first + 1;
  const steps = Math.min(40, size);
  const filled = Array.from({ length: steps }, () => 0);
  for (const { port } of leases) {
    const step = Math.floor(((port - range.first) / size) * steps);
    filled[step] = (filled[step] ?? 0) + 1;
  }
  return (
    <svg
      viewBox={`0 0 ${steps * 6 - 2} 8`}
      width={steps * 6 - 2}
      height="8"
      aria-hidden="true"
      className="max-w-full text-text"
    >
      {filled.map((count, step) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          key={step}
          x={step * 6}
          width="4"
          height="8"
          rx="1"
          fill={count > 0 ? 'currentColor' : 'var(--c-active)'}
        />
      ))}
    </svg>
  );
}

function Part({ part, known }: { part: RangePart; known: Known }) {
  if (part.type === 'free') {
    return (
      <span className="mono inline-flex h-5 items-center text-faint">
        {part.first === part.last ? part.first : `${part.first}–${part.last}`} unleased
      </span>
    );
  }
  const { state, url } = chipOf(part.lease, known);
  return <PortChip port={part.lease.port} state={state} url={url} label={part.lease.service.name} />;
}

function RangeMap({ range, known }: { range: Range; known: Known }) {
  const leases = known.leases.filter(({ port }) => port >= range.first && port <= range.last);
  const contested = leases.filter((lease) => chipOf(lease, known).state === 'contested').length;
  const size = range.last - range.first + 1;
  return (
    <section aria-label={`Range ${range.name}`} className="border-b px-5 py-4">
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="w-24 truncate font-medium">{range.name}</h2>
        <span className="mono w-20 text-soft">
          {range.first}–{range.last}
        </span>
        <Occupancy range={range} leases={leases} />
        <span className="ml-auto text-faint">
          {leases.length} leased · {size - leases.length} unleased
          {contested > 0 && ` · ${contested} contested`}
        </span>
      </div>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-2">
        {rangeParts(range, leases).map((part) => (
          <Part key={part.type === 'free' ? part.first : part.lease.id} part={part} known={known} />
        ))}
      </div>
    </section>
  );
}

/** The ranges with what is leased in them, and who holds a port. */
export function PortsPage({ asked }: { asked: number | null }) {
  const ranges = useQuery(operationQuery(contract.ports.ranges));
  const leases = useQuery(listQuery(contract.ports.leases));
  const services = useQuery(listQuery(contract.services.list));
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const known = useMemo(
    () => ({ leases: leases.data ?? [], services: services.data ?? [], conflicts: conflicts.data ?? [] }),
    [leases.data, services.data, conflicts.data],
  );
  const error = ranges.error ?? leases.error;
  const outside = known.leases.filter(
    ({ port }) => !ranges.data?.items.some(({ first, last }) => port >= first && port <= last),
  );

  return (
    <Page title="Ports" note={leases.data === undefined ? undefined : countWords(leases.data.length, 'lease')}>
      <PortLookup asked={asked} />
      {ranges.data !== undefined && leases.data !== undefined ? (
        <div className="min-h-0 flex-1 overflow-y-auto">
          {ranges.data.items.map((range) => (
            <RangeMap key={range.name} range={range} known={known} />
          ))}
          {outside.length > 0 && (
            <section aria-label="Outside of every range" className="px-5 py-4">
              <h2 className="mb-3 font-medium">Outside of every range</h2>
              <div className="flex flex-wrap gap-2">
                {outside.map((lease) => (
                  <Part key={lease.id} part={{ type: 'lease', lease }} known={known} />
                ))}
              </div>
            </section>
          )}
        </div>
      ) : error === null ? (
        <SkeletonRows />
      ) : (
        <ErrorState error={error} onRetry={() => void Promise.all([ranges.refetch(), leases.refetch()])} />
      )}
    </Page>
  );
}
