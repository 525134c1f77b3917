import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Range } from '#shared/contract/ports.ts';
import { Button } from '../../components/button.tsx';
import { inputClass } from '../../components/field.tsx';
import { FilterBox } from '../../components/filter-box.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { portIn } from '../../lib/port-state.ts';
import { operationQuery } from '../../lib/query.ts';
import { Legend } from './legend.tsx';
import { buildMap, countByFilter, isNarrow, type Narrowing, narrow, type PortFilter } from './port-map.ts';
import { PortMapView } from './port-map-view.tsx';
import { RangesDialog } from './ranges-dialog.tsx';
import { usePorts } from './use-ports.ts';

interface RangeSelectProps {
  ranges: readonly Range[];
  value: string | null;
  onChange: (range: string | null) => void;
}

function RangeSelect({ ranges, value, onChange }: RangeSelectProps) {
  return (
    <select
      aria-label="Range"
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
      className={`${inputClass} !w-36 shrink-0`}
    >
      <option value="">all ranges</option>
      {ranges.map(({ name, first, last }) => (
        <option key={name} value={name}>
          {name} {first}–{last}
        </option>
      ))}
    </select>
  );
}

/** What a search for a port finds when nobody has anything to do with that port. */
function Nothing({ search, onOpen, onClear }: { search: string; onOpen: (port: number) => void; onClear: () => void }) {
  const port = portIn(search);
  return (
    <EmptyState title={port === null ? 'No port is like that' : `Nobody has anything to do with :${port}`}>
      {port === null ? (
        <Button onClick={onClear}>Show all ports</Button>
      ) : (
        <Button onClick={() => onOpen(port)}>Show :{port}</Button>
      )}
    </EmptyState>
  );
}

function useNarrowing() {
  const [search, setSearch] = useState('');
  const [filters, setFilters] = useState<ReadonlySet<PortFilter>>(new Set());
  const [range, setRange] = useState<string | null>(null);
  const wanted = useDeferredValue(search.trim());
  const narrowing = useMemo((): Narrowing => ({ search: wanted, filters, range }), [wanted, filters, range]);
  return {
    search,
    setSearch,
    narrowing,
    setRange,
    toggle: (filter: PortFilter) => setFilters(filters.symmetricDifference(new Set([filter]))),
    clear() {
      setSearch('');
      setFilters(new Set());
      setRange(null);
    },
  };
}

const noRanges: readonly Range[] = [];

/** The ranges as a map: who leases, holds, claims or keeps which port, in them and outside. */
export function PortsPage({ opened }: { opened: number | null }) {
  const ranges = useQuery(operationQuery(contract.ports.ranges));
  const { rows: items, map: ports } = usePorts();
  const [, navigate] = useLocation();
  const [editing, setEditing] = useState(false);
  const { search, setSearch, narrowing, setRange, toggle, clear } = useNarrowing();
  const searchBox = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => searchBox.current?.focus() });

  const knownRanges = ranges.data?.items ?? noRanges;
  const map = useMemo(() => buildMap(knownRanges, items), [knownRanges, items]);
  const shown = useMemo(() => narrow(map, narrowing), [map, narrowing]);
  const counts = useMemo(() => countByFilter(items), [items]);
  const open = (port: number) => navigate(`/ports/${port}`);
  const error = ranges.error ?? ports.error;
  const nothing = isNarrow(narrowing) && shown.bands.length + shown.outside.length === 0;

  return (
    <Page
      title="Ports"
      note={ports.data === undefined ? undefined : countWords(items.length, 'port')}
      tools={
        <>
          <FilterBox
            ref={searchBox}
            label="Search ports"
            placeholder="Port, name, project"
            value={search}
            onChange={setSearch}
            onEnter={() => {
              const port = portIn(search);
              if (port !== null) open(port);
            }}
          />
          <RangeSelect ranges={knownRanges} value={narrowing.range} onChange={setRange} />
          <Button icon="edit" onClick={() => setEditing(true)} disabled={ranges.data === undefined}>
            Ranges
          </Button>
        </>
      }
    >
      <div className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-4 border-b px-3.5 py-1.5">
        <Legend counts={counts} chosen={narrowing.filters} onToggle={toggle} />
      </div>
      {ports.data?.limitation != null && (
        <p role="note" className="border-b bg-sunken px-5 py-2 text-soft">
          {ports.data.limitation}
        </p>
      )}
      {ranges.data !== undefined && ports.data !== undefined ? (
        nothing ? (
          <Nothing search={narrowing.search} onOpen={open} onClear={clear} />
        ) : (
          <PortMapView map={shown} whole={!isNarrow(narrowing)} opened={opened} onOpen={open} />
        )
      ) : error === null ? (
        <SkeletonRows />
      ) : (
        <ErrorState error={error} onRetry={() => void Promise.all([ranges.refetch(), ports.refetch()])} />
      )}
      {editing && <RangesDialog ranges={knownRanges} onClose={() => setEditing(false)} />}
    </Page>
  );
}
