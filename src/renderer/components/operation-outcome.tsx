import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Operation, OperationStep } from '#shared/contract/operations.ts';
import { operationGlyphs, stepGlyphs } from '../lib/operation-words.ts';
import { operationQuery } from '../lib/query.ts';
import { isOver } from '../lib/watch-operation.ts';
import { CancelButton } from './cancel-button.tsx';
import { StatusGlyph } from './status-glyph.tsx';
import { UndoButton } from './undo-button.tsx';

/** The steps of an operation, done, running or planned. */
export function OperationSteps({ steps }: { steps: readonly OperationStep[] }) {
  return (
    <ol className="flex flex-col gap-0.5">
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and no names of their own
        <li key={index} className="flex items-baseline gap-2">
          <span className="translate-y-px">
            <StatusGlyph status={stepGlyphs[step.status]} />
          </span>
          <span className="min-w-0 break-words">
            {step.name}
            {step.detail !== null && <span className="text-soft"> · {step.detail}</span>}
            {(step.status === 'failed' || step.status === 'skipped') && (
              <span className="text-faint"> · {step.status}</span>
            )}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** What will be done, before it is. */
export function OperationPlan({ plan }: { plan: Operation }) {
  return (
    <div role="status" aria-label="Plan" className="rounded-md border border-dashed border-control px-3 py-2">
      <p className="mb-1 font-medium">What will be done</p>
      {plan.steps.length === 0 ? <p className="text-soft">Nothing.</p> : <OperationSteps steps={plan.steps} />}
    </div>
  );
}

function Progress({ value }: { value: number }) {
  return (
    <progress
      aria-label="Progress"
      value={value}
      max={1}
      className="mt-2 block h-1 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent [&::-webkit-progress-value]:transition-[width] [&::-webkit-progress-value]:duration-(--motion)"
    />
  );
}

const headWords: Record<Operation['status'], string> = {
  pending: 'Waiting to begin',
  running: 'Working',
  succeeded: 'Done',
  failed: 'It failed',
  cancelled: 'It was cancelled',
};

/** An operation that has ended; whether it can still be undone is looked up, for it changes by what is done next. */
function Ended({ operation }: { operation: Operation }) {
  const { data } = useQuery({
    ...operationQuery(contract.operations.get, { id: operation.id }),
    initialData: operation,
  });
  return <Outcome operation={isOver(data) ? data : operation} />;
}

function Outcome({ operation }: { operation: Operation }) {
  return (
    <div role="status" aria-label="Operation" className="rounded-md bg-active px-3 py-2">
      <div className="mb-1 flex min-h-7 items-center gap-2">
        <StatusGlyph status={operationGlyphs[operation.status]} />
        <p className="flex-1 font-medium">{headWords[operation.status]}</p>
        <UndoButton operation={operation} />
        <CancelButton operation={operation} />
      </div>
      <OperationSteps steps={operation.steps} />
      {operation.error !== null && <p className="mt-1 break-words text-failed">{operation.error.detail}</p>}
      {!isOver(operation) && <Progress value={operation.progress} />}
    </div>
  );
}

/** What an operation does or did, step by step, with Undo for as long as that is possible. */
export function OperationOutcome({ operation }: { operation: Operation }) {
  return isOver(operation) ? <Ended operation={operation} /> : <Outcome operation={operation} />;
}
