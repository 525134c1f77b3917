import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { Section } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { UndoButton } from '../../components/undo-button.tsx';
import { operationGlyphs, operationNouns } from '../../lib/operation-words.ts';
import { operationQuery } from '../../lib/query.ts';

function OperationRow({ operation }: { operation: Operation }) {
  return (
    <li className="flex min-h-7 items-baseline gap-2.5">
      <span className="translate-y-px">
        <StatusGlyph status={operation.conflicts.length > 0 ? 'conflict' : operationGlyphs[operation.status]} />
      </span>
      <span className="min-w-0 flex-1">
        {operationNouns[operation.type]} {operation.status}
        <span className="text-faint"> · {operation.actor.name}</span>
        {operation.error !== null && <span className="block break-words text-soft">{operation.error.detail}</span>}
      </span>
      <UndoButton operation={operation} />
      <RelativeTime iso={operation.startedAt} className="text-faint" />
    </li>
  );
}

/** What was done to a service, newest first. */
export function ServiceHistory({ serviceId }: { serviceId: string }) {
  const history = useQuery(operationQuery(contract.operations.list, { subject: serviceId, limit: 10 }));
  return (
    <Section title="Operations">
      {history.isPending ? (
        <p className="skeleton h-4 w-40" />
      ) : history.isError ? (
        <InlineProblem error={history.error} />
      ) : history.data.items.length === 0 ? (
        <p className="text-soft">Nothing was done to it yet.</p>
      ) : (
        <ul>
          {history.data.items.map((operation) => (
            <OperationRow key={operation.id} operation={operation} />
          ))}
        </ul>
      )}
    </Section>
  );
}
