import type { Operation, OperationStep } from '#shared/contract/operations.ts';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import type { GlyphStatus } from '../../lib/glyph.ts';

const glyphs: Record<OperationStep['status'], GlyphStatus> = {
  planned: 'stopped',
  running: 'starting',
  succeeded: 'running',
  failed: 'failed',
  skipped: 'stopped',
};

/** What an operation did, step by step. */
export function OperationResult({ operation }: { operation: Operation }) {
  const good = operation.status === 'succeeded';
  return (
    <div role="status" className="rounded-md bg-active px-3 py-2">
      <p className="mb-1 font-medium">{good ? 'Done' : `It ${operation.status}`}</p>
      <ul className="flex flex-col gap-0.5">
        {operation.steps.map((step) => (
          <li key={step.name} className="flex items-baseline gap-2">
            <span className="translate-y-px">
              <StatusGlyph status={glyphs[step.status]} />
            </span>
            <span className="min-w-0">
              {step.name}
              {step.detail !== null && <span className="text-soft"> · {step.detail}</span>}
              {step.status !== 'succeeded' && <span className="text-faint"> · {step.status}</span>}
            </span>
          </li>
        ))}
      </ul>
      {operation.error !== null && <p className="mt-1 text-failed">{operation.error.detail}</p>}
    </div>
  );
}
