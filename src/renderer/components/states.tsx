import type { ReactNode } from 'react';
import { problemOf } from '../lib/problems.ts';
import { Button } from './button.tsx';

/** What happened, why we think so, what can be done. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { what, why, advice, requestId } = problemOf(error);
  return (
    <div role="alert" className="flex max-w-[560px] flex-col items-start gap-1 px-5 py-6">
      <p className="text-14 font-semibold">{what}</p>
      <p className="text-soft">{why}</p>
      <p className="text-soft">{advice}</p>
      <div className="mt-2 flex items-center gap-3">
        {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
        {requestId !== null && <code className="mono text-faint">{requestId}</code>}
      </div>
    </div>
  );
}

/** The same, where there is only a line's room. */
export function InlineProblem({ error }: { error: unknown }) {
  const { what, why, advice } = problemOf(error);
  return (
    <div role="alert" className="rounded-md bg-failed-wash px-3 py-2">
      <p className="font-medium text-failed">{what}</p>
      {why !== what && <p className="text-text">{why}</p>}
      <p className="text-soft">{advice}</p>
    </div>
  );
}

/** Nothing here yet, and how that changes. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex max-w-[560px] flex-col items-start gap-2 px-5 py-6">
      <p className="text-14 font-semibold">{title}</p>
      <div className="flex flex-col items-start gap-3 text-soft">{children}</div>
    </div>
  );
}

const widths = ['w-40', 'w-28', 'w-36', 'w-24', 'w-32', 'w-44'];

/** The skeleton of a list: rows of the height that the real ones will have. */
export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same
        <div key={row} className="flex h-(--row) items-center gap-4 border-b px-5">
          <span className="skeleton size-3" />
          <span className={`skeleton h-3 ${widths[row % widths.length] ?? ''}`} />
          <span className={`skeleton h-3 ${widths[(row + 3) % widths.length] ?? ''}`} />
          <span className="skeleton ml-auto h-3 w-14" />
        </div>
      ))}
    </div>
  );
}
