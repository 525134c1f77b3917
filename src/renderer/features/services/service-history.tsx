import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { Section } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import type { GlyphStatus } from '../../lib/glyph.ts';
import { operationQuery } from '../../lib/query.ts';

const words: Record<Operation['type'], string> = {
  'service.start': 'Start',
  'service.stop': 'Stop',
  'service.restart': 'Restart',
  'service.delete': 'Delete',
  'conflict.resolve': 'Resolve a conflict',
};

const glyphs: Record<Operation['status'], GlyphStatus> = {
  pending: 'starting',
  running: 'starting',
  succeeded: 'running',
  failed: 'failed',
  cancelled: 'stopped',
};

function OperationRow({ operation }: { operation: Operation }) {
  return (
    <li className="flex min-h-7 items-baseline gap-2.5">
      <span className="translate-y-px">
        <StatusGlyph status={operation.conflicts.length > 0 ? 'conflict' : glyphs[operation.status]} />
      </span>
      <span className="min-w-0 flex-1">
        {words[operation.type]} {operation.status}
        <span className="text-faint"> · {operation.actor.name}</span>
        {operation.error !== null && <span className="block break-words text-soft">{operation.error.detail}</span>}
      </span>
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
