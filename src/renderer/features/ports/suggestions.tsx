import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { Section } from '../../components/definition-list.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { operationQuery } from '../../lib/query.ts';

/** How many are offered. */
const count = 5;

/** What is free near a port. */
export function Suggestions({ near, onOpen }: { near: number; onOpen: (port: number) => void }) {
  const suggestions = useQuery({ ...operationQuery(contract.ports.suggest, { near, count }), staleTime: 0 });
  return (
    <Section title="Free near here">
      {suggestions.isPending ? (
        <p className="skeleton h-5 w-56" />
      ) : suggestions.isError ? (
        <InlineProblem error={suggestions.error} />
      ) : suggestions.data.items.length === 0 ? (
        <p className="text-soft">Nothing near it is free.</p>
      ) : (
        <ul className="-ml-1.5 flex flex-wrap gap-2">
          {suggestions.data.items.map(({ port, reason }) => (
            <li key={port} title={reason}>
              <PortChip port={port} look="free" onShow={() => onOpen(port)} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
