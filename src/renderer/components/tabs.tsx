import { Link } from 'wouter';

interface TabsProps<T extends string> {
  label: string;
  tabs: ReadonlyArray<{ id: T; label: string }>;
  current: T;
  hrefOf: (id: T) => string;
}

/** The parts of one thing, each at an address of its own. */
export function Tabs<T extends string>({ label, tabs, current, hrefOf }: TabsProps<T>) {
  return (
    <nav aria-label={label} className="flex h-9 shrink-0 items-stretch gap-4 border-b px-5">
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          href={hrefOf(tab.id)}
          aria-current={current === tab.id ? 'page' : undefined}
          className="-mb-px flex items-center border-b-2 border-transparent text-soft hover:text-text aria-[current]:border-accent aria-[current]:text-text"
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
