import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { OperationOutcome, OperationPlan } from '../../components/operation-outcome.tsx';
import { InlineProblem, SkeletonRows } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { conflictWords } from '../../lib/conflict-words.ts';
import { countWords } from '../../lib/format.ts';
import { listQuery } from '../../lib/query.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { useStartMany, useStartPlan } from './start-many.ts';

/** The conflicts that kept some of them from starting, each with its way to the card. */
function Kept({ ids, onLeave }: { ids: readonly string[]; onLeave: () => void }) {
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const dialog = useConflictDialog();
  const kept = conflicts.data?.filter(({ id }) => ids.includes(id)) ?? [];
  return (
    <ul className="mt-3">
      {kept.map((conflict) => (
        <li key={conflict.id} className="flex h-9 items-center justify-between gap-3">
          <span className="min-w-0 truncate">{conflictWords(conflict)}</span>
          <Button
            onClick={() => {
              onLeave();
              dialog.open(conflict.id);
            }}
          >
            Resolve
          </Button>
        </li>
      ))}
    </ul>
  );
}

interface StartManyProps {
  names: readonly string[];
  onClose: () => void;
  /** All of them run. */
  onStarted: () => void;
}

/** Several services at once: first the plan with the fewest changes, then, when asked to, the start. */
export function StartManyDialog({ names, onClose, onStarted }: StartManyProps) {
  const plan = useStartPlan(names);
  const start = useStartMany(({ status }) => {
    if (status === 'succeeded') onStarted();
  });
  const { operation } = start;
  return (
    <Dialog
      title={`Start ${countWords(names.length, 'service')}`}
      width="wide"
      onClose={onClose}
      footer={
        <>
          <CommandLine command={commandLines.start(...names)} className="mr-auto" />
          <Button onClick={onClose}>{operation === null ? 'Cancel' : 'Close'}</Button>
          <Button
            look="primary"
            icon="play"
            disabled={start.isPending || operation !== null || plan.data === undefined}
            onClick={() => start.begin(names)}
          >
            Start all
          </Button>
        </>
      }
    >
      {operation !== null ? (
        <OperationOutcome operation={operation} />
      ) : plan.data !== undefined ? (
        <OperationPlan plan={plan.data} />
      ) : plan.isPending ? (
        <SkeletonRows rows={names.length} />
      ) : (
        <InlineProblem error={plan.error} />
      )}
      {start.error !== null && <InlineProblem error={start.error} />}
      {operation !== null && <Kept ids={operation.conflicts} onLeave={onClose} />}
    </Dialog>
  );
}
