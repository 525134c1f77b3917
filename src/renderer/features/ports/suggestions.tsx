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
  // The port itself may be the nearest one that is free, and is no suggestion.
  const suggestions = useQuery({
    ...operationQuery(contract.ports.suggest, { near, count: count + 1 }),
    staleTime: 0,
    select: ({ items }) => items.filter(({ port }) => port !== near).slice(0, count),
  });
  return (
    <Section title="Free near here">
      {suggestions.isPending ? (
        <p className="skeleton h-5 w-56" />
      ) : suggestions.isError ? (
        <InlineProblem error={suggestions.error} />
      ) : suggestions.data.length === 0 ? (
        <p className="text-soft">Nothing near it is free.</p>
      ) : (
        <ul className="-ml-1.5 flex flex-wrap gap-2">
          {suggestions.data.map(({ port, reason }) => (
            <li key={port} title={reason}>
              <PortChip port={port} look="free" onShow={() => onOpen(port)} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
