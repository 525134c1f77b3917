import type { ReactNode } from 'react';

interface PageProps {
  title: string;
  /** Small, beside the title: a count, or what the page shows. */
  note?: ReactNode;
  /** At the right of the head: filter, buttons. */
  tools?: ReactNode;
  children: ReactNode;
}

/** A page: one head line of 48 px, and what it is about beneath. */
export function Page({ title, note, tools, children }: PageProps) {
  return (
    <section aria-label={title} className="@container/page flex min-w-0 flex-1 flex-col">
      <header className="flex h-12 shrink-0 items-center gap-3 border-b px-5">
        <h1 className="text-14 font-semibold">{title}</h1>
        {note !== undefined && <span className="shrink-0 whitespace-nowrap text-faint">{note}</span>}
        <div className="ml-auto flex min-w-0 items-center gap-2">{tools}</div>
      </header>
      <div className="flex min-h-0 flex-1 flex-col">{children}</div>
    </section>
  );
}
