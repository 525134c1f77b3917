import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { operationTitleWords } from '../lib/operation-words.ts';
import { operationQuery } from '../lib/query.ts';
import { OperationOutcome } from './operation-outcome.tsx';

/** While something runs its steps are looked at this often, in milliseconds; that one begins or ends is told by its event. */
const watchEveryMs = 400;

interface RunningOperationsProps {
  /** Only those about this one. */
  subject?: string;
  /** Each with the words for what it does, where that is not plain from the surroundings. */
  titled?: boolean;
  className?: string;
}

/** What is being done just now, step by step, with Cancel; nothing when nothing is. */
export function RunningOperations({ subject, titled = false, className = 'mt-3' }: RunningOperationsProps) {
  const { data } = useQuery({
    ...operationQuery(contract.operations.list, {
      status: 'running',
      limit: 20,
      ...(subject === undefined ? {} : { subject }),
    }),
    refetchInterval: ({ state }) => (state.data?.items.length ? watchEveryMs : false),
  });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <section aria-label="In progress" className={`flex flex-col gap-2 ${className}`}>
      {data.items.map((operation) => (
        <div key={operation.id}>
          {titled && <p className="mb-1 text-12 text-faint first-letter:uppercase">{operationTitleWords(operation)}</p>}
          <OperationOutcome operation={operation} />
        </div>
      ))}
    </section>
  );
}
