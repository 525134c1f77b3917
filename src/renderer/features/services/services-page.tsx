import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { FilterBox } from '../../components/filter-box.tsx';
import { Page } from '../../components/page.tsx';
import { RowList } from '../../components/row-list.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { portOf } from '../../lib/port-state.ts';
import { listQuery } from '../../lib/query.ts';
import { isDriven, runsWords } from '../../lib/runtime-words.ts';
import { useCursor } from '../../lib/use-cursor.ts';
import { CreateServiceDialog } from './create-service-dialog.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { ServiceHead, ServiceRow, serviceColumns } from './service-row.tsx';
import { StartManyDialog } from './start-many-dialog.tsx';
import { useServiceCommands } from './use-service-commands.ts';

/** What the filter looks through: the name, the status, what runs and the ports. */
function searchText(service: Service): string {
  const ports = service.endpoints.map((endpoint) => `:${portOf(endpoint) ?? 'auto'}`);
  return [service.name, service.status, runsWords(service), ...ports].join(' ').toLowerCase();
}

/** Every word must occur. */
function matches(service: Service, filter: string): boolean {
  const text = searchText(service);
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** All services; `opened` is the one in the inspector. */
export function ServicesPage({ opened }: { opened: string | null }) {
  const services = useQuery(listQuery(contract.services.list));
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const [, navigate] = useLocation();
  const [filter, setFilter] = useState('');
  const [creating, setCreating] = useState(false);
  const filterBox = useRef<HTMLInputElement>(null);
  const run = useServiceCommands();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [starting, setStarting] = useState(false);
  const toggle = (name: string) => setChosen(chosen.symmetricDifference(new Set([name])));

  const wanted = useDeferredValue(filter.trim());
  const all = services.data;
  const shown = useMemo(
    () => (all ?? []).filter((service) => wanted === '' || matches(service, wanted)),
    [all, wanted],
  );
  const keys = useMemo(() => shown.map((service) => service.name), [shown]);
  const open = (name: string, replace = false) => navigate(`/services/${name}`, { replace });
  const cursor = useCursor({ keys, opened, onOpen: (name, how) => open(name, how === 'follow') });
  const current = shown[cursor.index];

  useKeys({
    '/': () => filterBox.current?.focus(),
    n: () => setCreating(true),
    ' ': () => current !== undefined && isDriven(current) && toggle(current.name),
    s: () => current !== undefined && run('start', current),
    x: () => current !== undefined && run('stop', current),
    r: () => current !== undefined && run('restart', current),
  });

  // What was removed meanwhile is no longer chosen.
  const selected = (all ?? []).map(({ name }) => name).filter((name) => chosen.has(name));
  const note = all === undefined ? undefined : wanted === '' ? all.length : `${shown.length} of ${all.length}`;
  return (
    <Page
      title="Services"
      note={note}
      tools={
        <>
          <FilterBox
            ref={filterBox}
            label="Filter services"
            value={filter}
            onChange={setFilter}
            onMove={cursor.move}
            onEnter={() => current !== undefined && open(current.name)}
          />
          <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
            New
          </Button>
        </>
      }
    >
      {selected.length > 0 && (
        <SelectionBar names={selected} onStart={() => setStarting(true)} onClear={() => setChosen(new Set())} />
      )}
      {services.isPending ? (
        <SkeletonRows rows={12} />
      ) : all === undefined ? (
        <ErrorState error={services.error} onRetry={() => void services.refetch()} />
      ) : all.length === 0 ? (
        <EmptyState title="No services yet">
          <p>
            A service is a container or a program with a name, ports that nobody else gets, and a history. CLOS finds
            out before a start if one of its ports is taken.
          </p>
          <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
            Register a service
          </Button>
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState title={`None of ${countWords(all.length, 'service')} matches "${wanted}"`}>
          <Button onClick={() => setFilter('')}>Clear the filter</Button>
        </EmptyState>
      ) : (
        <RowList
          label="Services"
          items={shown}
          keyOf={(service) => service.name}
          cursor={cursor}
          opened={opened}
          onOpen={open}
          columns={serviceColumns}
          head={<ServiceHead />}
          row={(service, active) => (
            <ServiceRow
              service={service}
              conflicts={conflicts.data ?? []}
              active={active}
              selection={
                isDriven(service)
                  ? {
                      chosen: chosen.has(service.name),
                      any: selected.length > 0,
                      onToggle: () => toggle(service.name),
                    }
                  : null
              }
            />
          )}
        />
      )}
      {starting && (
        <StartManyDialog
          names={selected}
          onClose={() => setStarting(false)}
          onStarted={() => {
            setStarting(false);
            setChosen(new Set());
          }}
        />
      )}
      {creating && (
        <CreateServiceDialog
          onClose={() => setCreating(false)}
          onCreated={(service) => {
            setCreating(false);
            open(service.name);
          }}
        />
      )}
    </Page>
  );
}
