import { Link } from 'wouter';
import { EmptyState } from '../../components/states.tsx';
import { usePortMap } from '../../lib/use-port-map.ts';
import { findAdoptable } from './found.ts';
import { FoundList } from './found-list.tsx';

/** The first page of a new home: how to begin, with what runs here already right there. */
export function Welcome() {
  const ports = usePortMap();
  const found = findAdoptable(ports.data?.items ?? []);
  return (
    <>
      <EmptyState title="Nothing is registered yet">
        <p>
          Tell CLOS of a first service: a name, what runs, and the port that it should have. CLOS keeps the port for it
          and tells you when somebody else sits on it.
        </p>
        <Link
          href="/services"
          className="rounded-md border border-transparent bg-accent-fill px-2.5 py-1 font-medium text-on-accent hover:bg-accent-fill-hover"
        >
          Go to the services
        </Link>
      </EmptyState>
      {found.length > 0 && <FoundList found={found} />}
    </>
  );
}
