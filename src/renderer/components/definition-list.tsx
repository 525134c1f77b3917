import type { ReactNode } from 'react';

/** A titled part of an inspector. */
export function Section({ title, tools, children }: { title: string; tools?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-b px-5 py-4 last:border-b-0">
      <div className="mb-2 flex h-6 items-center justify-between">
        <h3 className="text-12 font-medium text-faint">{title}</h3>
        {tools}
      </div>
      {children}
    </section>
  );
}

/** Names at the left, values at the right, on one grid. */
export function Definitions({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[112px_minmax(0,1fr)] gap-x-3 gap-y-1.5">{children}</dl>;
}

export function Definition({ name, children, mono = false }: { name: string; children: ReactNode; mono?: boolean }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className={`min-w-0 break-words ${mono ? 'font-mono text-12 leading-5' : ''}`}>{children}</dd>
    </>
  );
}
