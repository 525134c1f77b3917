import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import { Cell, HeadCell } from '../../components/cells.tsx';
import { Page } from '../../components/page.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { RowList } from '../../components/row-list.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { WaitingRow } from '../../components/waiting-row.tsx';
import { holderWords, kindWords } from '../../lib/conflict-words.ts';
import { listQuery } from '../../lib/query.ts';
import { useCursor } from '../../lib/use-cursor.ts';
import { shortCommand } from '../../lib/words.ts';
import { stateWords } from './conflict-words.ts';

const columns =
  'gap-x-4 grid-cols-[minmax(120px,1fr)_96px_minmax(140px,1.6fr)_150px_48px] @max-[760px]/page:grid-cols-[minmax(80px,1fr)_72px_minmax(90px,1.2fr)_132px_40px]';

function ConflictRow({ conflict, active }: { conflict: Conflict; active: boolean }) {
  const { kind, wanted, holder, state } = conflict;
  const open = state === 'open';
  return (
    <>
      <Cell className="flex min-w-0 items-center gap-2.5">
        <StatusGlyph status={open ? 'conflict' : 'stopped'} />
        <span className={`truncate ${open ? 'font-medium' : 'text-soft'}`}>{wanted.service ?? 'Somebody'}</span>
      </Cell>
      <Cell>
        <PortChip port={wanted.port} protocol={wanted.protocol} look={open ? 'contested' : 'free'} tabStop={active} />
      </Cell>
      <Cell className="truncate text-soft" title={holder.command ?? holder.name}>
        {kind === 'not-answering' ? 'nobody answers' : holderWords(holder)}
        {holder.command !== null && <span className="mono text-faint"> {shortCommand(holder.command)}</span>}
      </Cell>
      <Cell className="truncate text-faint" title={open ? kindWords[kind] : stateWords[state]}>
        {open ? kindWords[kind] : stateWords[state]}
      </Cell>
      <Cell className="text-faint">
        <RelativeTime iso={conflict.detectedAt} bare />
      </Cell>
    </>
  );
}

const heads = ['Wanted by', 'Port', 'Held by', 'What it is', 'Since'];

function headingOf({ state }: Conflict, before: Conflict | undefined): string | null {
  const part = (one: Conflict['state']) => (one === 'open' ? 'Open' : 'History');
  return before !== undefined && part(before.state) === part(state) ? null : part(state);
}

/** Services that start by themselves as soon as their ports free. */
function Waiting() {
  const services = useQuery(listQuery(contract.services.list));
  const waiting = services.data?.filter(({ waits }) => waits) ?? [];
  if (waiting.length === 0) return null;
  return (
    <section aria-label="Waiting" className="border-b py-2">
      <h2 className="px-5 pb-1 text-12 font-medium text-faint">Waiting</h2>
      <ul>
        {waiting.map((service) => (
          <li key={service.id}>
            <WaitingRow service={service} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Who waits, what is open, and below it what is over. */
export function ConflictsPage({ opened }: { opened: string | null }) {
  const conflicts = useQuery(listQuery(contract.conflicts.list));
  const [, navigate] = useLocation();
  const sorted = useMemo(() => {
    const all = conflicts.data ?? [];
    return [...all.filter(({ state }) => state === 'open'), ...all.filter(({ state }) => state !== 'open')];
  }, [conflicts.data]);
  const keys = useMemo(() => sorted.map(({ id }) => id), [sorted]);
  const open = (id: string, replace = false) => navigate(`/conflicts/${id}`, { replace });
  const cursor = useCursor({ keys, opened, onOpen: (id, how) => open(id, how === 'follow') });
  const openCount = sorted.filter(({ state }) => state === 'open').length;

  return (
    <Page title="Conflicts" note={conflicts.data === undefined ? undefined : `${openCount} open`}>
      <Waiting />
      {conflicts.isPending ? (
        <SkeletonRows />
      ) : conflicts.data === undefined ? (
        <ErrorState error={conflicts.error} onRetry={() => void conflicts.refetch()} />
      ) : sorted.length === 0 ? (
        <EmptyState title="No conflicts">
          <p>
            Before a service starts, CLOS checks each of its ports. When one is taken, the start stops there and the
            ways out stand here.
          </p>
        </EmptyState>
      ) : (
        <RowList
          label="Conflicts"
          items={sorted}
          keyOf={({ id }) => id}
          cursor={cursor}
          opened={opened}
          onOpen={open}
          headingOf={headingOf}
          columns={columns}
          head={heads.map((head) => <HeadCell key={head}>{head}</HeadCell>)}
          row={(conflict, active) => <ConflictRow conflict={conflict} active={active} />}
        />
      )}
    </Page>
  );
}
