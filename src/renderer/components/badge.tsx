import type { ReactNode } from 'react';

/** A quiet word about a thing: that it was adopted, that it is recommended. */
export function Badge({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex h-4 shrink-0 items-center rounded-sm border border-line-strong px-1 text-[11px] leading-none font-normal text-soft">
      {children}
    </span>
  );
}
