import { Link } from 'wouter';
import { EmptyState, SkeletonRows } from '../../components/states.tsx';
import { usePortMap } from '../../lib/use-port-map.ts';
import { findAdoptable } from './found.ts';
import { FoundList } from './found-list.tsx';

function Begin({ title }: { title: string }) {
  return (
    <EmptyState title={title}>
      <p>
        Tell CLOS of a service: a name, what runs, and the port that it should have. CLOS keeps the port for it and
        tells you when somebody else sits on it.
      </p>
      <Link
        href="/services"
        className="rounded-md border border-transparent bg-accent-fill px-2.5 py-1 font-medium text-on-accent hover:bg-accent-fill-hover"
      >
        Go to the services
      </Link>
    </EmptyState>
  );
}

/** The first page of a new home: what runs here already, ready to be taken over, and how to begin without it. */
export function Welcome() {
  const ports = usePortMap();
  if (ports.isPending) return <SkeletonRows />;
  const found = findAdoptable(ports.data?.items ?? []);
  if (found.length === 0) return <Begin title="Nothing is registered yet" />;
  return (
    <>
      <FoundList found={found} />
      <Begin title="Or begin with one of your own" />
    </>
  );
}
