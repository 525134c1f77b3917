import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { OperationOutcome } from '../../components/operation-outcome.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { WaitingRow } from '../../components/waiting-row.tsx';
import { conflictIn } from '../../lib/conflict-in.ts';
import { explain, wantParts, wantWords } from '../../lib/conflict-words.ts';
import { listQuery } from '../../lib/query.ts';
import type { OperationRun } from '../../lib/use-operation-run.ts';
import { ClosedConflict } from './closed-conflict.tsx';
import { EvidenceList } from './evidence-list.tsx';
import { HolderFacts } from './holder-facts.tsx';
import { useResolve } from './resolve-conflict.ts';
import { WaysOut } from './ways-out.tsx';

function Head({ conflict }: { conflict: Conflict }) {
  const { wanted } = conflict;
  const { who, what } = wantParts(conflict);
  return (
    <header className="flex items-baseline justify-between gap-3">
      <p className="flex min-w-0 items-center gap-2 text-14">
        <StatusGlyph status={conflict.state === 'open' ? 'conflict' : 'stopped'} />
        <span className="min-w-0 break-words">
          <span className="font-semibold">{who}</span>
          {wanted.endpoint !== null && <span className="text-soft">/{wanted.endpoint}</span>} {what}{' '}
          <span className="font-mono font-semibold">:{wanted.port}</span>
        </span>
      </p>
      <RelativeTime iso={conflict.detectedAt} className="text-faint" />
    </header>
  );
}

/** What the chosen way does, step by step, or why it could not begin. */
function Result({ resolution: { error, operation } }: { resolution: OperationRun<ConflictOption> }) {
  if (error === null && operation === null) return null;
  const next = conflictIn(error)?.id ?? (operation?.status === 'failed' ? operation.conflicts[0] : undefined);
  return (
    <div className="mt-3 flex flex-col gap-2">
      {error !== null && <InlineProblem error={error} />}
      {operation !== null && <OperationOutcome operation={operation} />}
      {next !== undefined && (
        <Link href={`/conflicts/${next}`} className="self-start text-accent hover:underline">
          Show what is in the way now
        </Link>
      )}
    </div>
  );
}

interface ConflictCardProps {
  conflict: Conflict;
  /** Called once an option was applied and its operation has ended. */
  onSettled?: (operation: Operation) => void;
}

/** Who wants a port, who holds it, the ways out, and why we think so. Applying one shows what it does, in place. */
export function ConflictCard({ conflict, onSettled }: ConflictCardProps) {
  const resolution = useResolve(conflict, onSettled);
  const { operation } = resolution;
  const done = operation?.status === 'succeeded';
  const open = conflict.state === 'open' && !done;
  const services = useQuery(listQuery(contract.services.list));
  const waiting = open ? services.data?.find(({ id, waits }) => waits && id === conflict.wanted.serviceId) : undefined;

  const why = (
    <div className="mt-3 border-t pt-3 pl-5">
      <EvidenceList conflict={conflict} />
    </div>
  );

  return (
    <article aria-label={wantWords(conflict)} className="flex flex-col gap-4">
      <div className="flex flex-col gap-2">
        <Head conflict={conflict} />
        <div className="flex flex-col gap-2 pl-5">
          <p className="text-soft">{explain(conflict)}</p>
          <HolderFacts conflict={conflict} />
        </div>
      </div>

      {waiting !== undefined && (
        <div className="-mx-5 border-y">
          <WaitingRow service={waiting} />
        </div>
      )}
      {open ? (
        <WaysOut conflict={conflict} waits={waiting !== undefined} resolution={resolution}>
          <Result resolution={resolution} />
          {why}
        </WaysOut>
      ) : (
        <>
          <Result resolution={resolution} />
          {operation === null && <ClosedConflict conflict={conflict} />}
          {why}
        </>
      )}
    </article>
  );
}
