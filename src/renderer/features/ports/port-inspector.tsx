import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useLocation } from 'wouter';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { PortReport } from '#shared/contract/ports.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Section } from '../../components/definition-list.tsx';
import { Inspector } from '../../components/inspector.tsx';
import { PortGlyph } from '../../components/port-glyph.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { conflictWords } from '../../lib/conflict-words.ts';
import { freshly } from '../../lib/freshly.ts';
import { lookOf, type PortLook, portLookWords } from '../../lib/port-state.ts';
import { listQuery, operationQuery } from '../../lib/query.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { LeaseCard } from './lease-card.tsx';
import { ListenerCard } from './listener-card.tsx';
import { ReserveForm } from './reserve-form.tsx';
import { Suggestions } from './suggestions.tsx';
import { usePorts } from './use-ports.ts';

function useLook(port: number): PortLook {
  const row = usePorts().rows.find((item) => item.port === port);
  return row === undefined ? 'free' : lookOf(row);
}

function Held({ conflict }: { conflict: Conflict }) {
  const dialog = useConflictDialog();
  return (
    <div className="flex items-center justify-between gap-3 border-b bg-conflict-wash px-5 py-2.5">
      <p className="min-w-0">{conflictWords(conflict)}</p>
      <Button onClick={() => dialog.open(conflict.id)}>Resolve</Button>
    </div>
  );
}

function Claims({ claims }: Pick<PortReport, 'claims'>) {
  return (
    <Section title="Containers that ask for it">
      <ul className="flex flex-col gap-1">
        {claims.map(({ container, protocol, address }) => (
          <li key={`${container.id} ${protocol} ${address}`}>
            <span className="font-medium">{container.name}</span>{' '}
            <span className="text-soft">
              · {container.state} · {protocol} {address} ·{' '}
            </span>
            <span className="mono text-soft">{container.image}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface ReportProps {
  report: PortReport;
  onOpen: (port: number) => void;
}

function Report({ report, onOpen }: ReportProps) {
  const { port, free, listeners, leases, claims, clos, range, notes } = report;
  return (
    <>
      <div className="border-b px-5 py-3 text-soft">
        <p>{range === null ? 'In no range.' : `In the range ${range}.`}</p>
        {free && <p>Nobody listens on it, leases it or claims it.</p>}
        {clos !== null && <p>CLOS itself has it, for its {clos}.</p>}
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
      </div>
      {listeners.length > 0 && (
        <Section title={listeners.length === 1 ? 'Listens' : 'Listen'}>
          <ul className="flex flex-col gap-2">
            {listeners.map((listener) => (
              <ListenerCard
                key={`${listener.protocol} ${listener.address} ${listener.holder.pid}`}
                listener={listener}
              />
            ))}
          </ul>
        </Section>
      )}
      {leases.length > 0 && (
        <Section title={leases.length === 1 ? 'Lease' : 'Leases'}>
          <ul>
            {leases.map((lease) => (
              <LeaseCard key={lease.id} lease={lease} onMoved={onOpen} />
            ))}
          </ul>
        </Section>
      )}
      {claims.length > 0 && <Claims claims={claims} />}
      {free && (
        <Section title="Keep it">
          <ReserveForm port={port} />
        </Section>
      )}
      <Suggestions near={port} onOpen={onOpen} />
    </>
  );
}

/** One port beside the map: `/ports/3000`. Everything that is known of it, and what can be done about it. */
export function PortInspector({ port }: { port: number }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/ports'), [navigate]);
  const report = useQuery({
    ...operationQuery(contract.ports.who, { port }),
    ...freshly,
  });
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const look = useLook(port);
  return (
    <Inspector
      label={`Port ${port}`}
      onClose={close}
      title={
        <>
          <PortGlyph look={look} />
          <h2 className="font-mono">:{port}</h2>
          <span className="truncate text-13 font-normal text-soft">{portLookWords[look]}</span>
        </>
      }
      footer={<CommandLine command={commandLines.who(port)} className="flex-1 justify-between" />}
    >
      {conflicts.data
        ?.filter(({ wanted }) => wanted.port === port)
        .map((conflict) => (
          <Held key={conflict.id} conflict={conflict} />
        ))}
      {report.data !== undefined ? (
        <Report report={report.data} onOpen={(other) => navigate(`/ports/${other}`)} />
      ) : report.isPending ? (
        <SkeletonRows rows={5} />
      ) : (
        <ErrorState error={report.error} onRetry={() => void report.refetch()} />
      )}
    </Inspector>
  );
}
