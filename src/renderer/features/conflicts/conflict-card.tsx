import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { newId } from '#shared/base/ids.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { holderFacts, holderOrigin } from '../../components/port-holders.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { operationEnd } from '../../lib/watch-operation.ts';
import { effectWords, stateWords, wantWords } from './conflict-words.ts';
import { OperationResult } from './operation-result.tsx';

/** Seconds that the server may keep the answer back. */
const waitSeconds = 10;

function Holder({ conflict: { holder } }: { conflict: Conflict }) {
  const origin = holderOrigin(holder);
  return (
    <div className="flex min-w-0 flex-col">
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-3">
        <span className="text-faint">held by</span>
        <span className="font-medium">{holder.service?.name ?? holder.container?.name ?? holder.name}</span>
        {holder.command !== null && (
          <code className="mono min-w-0 truncate" title={holder.command}>
            {holder.command}
          </code>
        )}
        <span className="text-soft">{holderFacts(holder)}</span>
      </p>
      {(origin !== null || holder.protected) && (
        <p className="mono pl-[54px] break-all text-soft">
          {[origin, holder.protected ? 'protected' : null].filter((part) => part !== null).join('  ')}
        </p>
      )}
    </div>
  );
}

interface OptionRowProps {
  option: ConflictOption;
  group: string;
  chosen: boolean;
  disabled: boolean;
  onChoose: () => void;
}

function OptionRow({ option, group, chosen, disabled, onChoose }: OptionRowProps) {
  return (
    <label className={`block rounded-md px-3 py-2 ${chosen ? 'bg-active' : 'hover:bg-hover'}`}>
      <span className="grid grid-cols-[16px_minmax(0,1fr)] items-baseline gap-x-2">
        <input
          type="radio"
          name={group}
          className="size-3.5 translate-y-0.5 appearance-none rounded-full border border-control bg-page checked:border-4 checked:border-accent"
          checked={chosen}
          disabled={disabled}
          onChange={onChoose}
        />
        <span className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className={chosen ? 'font-medium' : ''}>{option.title}</span>
          <span className={option.risk === 'high' ? 'text-failed' : 'text-faint'}>{effectWords(option)}</span>
        </span>
        {chosen && option.steps.length > 0 && (
          <ol className="col-start-2 mt-1 list-decimal pl-4 text-soft">
            {option.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
      </span>
    </label>
  );
}

function Why({ conflict }: { conflict: Conflict }) {
  return (
    <div className="grid grid-cols-[46px_minmax(0,1fr)] gap-x-2">
      <span className="text-faint">Why</span>
      <ul>
        {conflict.evidence.map(({ source, detail }) => (
          <li key={source + detail} className="break-words text-soft">
            {detail} <span className="text-faint">({source})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ConflictCardProps {
  conflict: Conflict;
  /** Called once an option was applied and its operation has ended. */
  onSettled?: (operation: Operation) => void;
}

/** Who wants a port, who holds it, the ways out, and why we think so. Applying one shows what it did, in place. */
export function ConflictCard({ conflict, onSettled }: ConflictCardProps) {
  const { options, state } = conflict;
  const [chosenId, setChosenId] = useState<string | null>(null);
  const group = useId();
  const chosen =
    options.find((option) => option.id === chosenId) ?? options.find((option) => option.recommended) ?? options[0];

  const resolution = useMutation({
    mutationFn: async (option: ConflictOption) =>
      operationEnd(
        await client.conflicts.resolve(
          { id: conflict.id, option: option.id },
          { idempotencyKey: newId('req'), waitSeconds },
        ),
      ),
    onSuccess: (operation) => onSettled?.(operation),
    onSettled: () =>
      markStale([
        contract.conflicts.list.id,
        contract.conflicts.get.id,
        contract.services.list.id,
        contract.services.get.id,
      ]),
  });
  const open = state === 'open' && !resolution.isSuccess;

  return (
    <article aria-label={wantWords(conflict)} className="flex flex-col gap-4">
      <header className="flex flex-col gap-1">
        <div className="flex items-baseline justify-between gap-3">
          <p className="flex items-center gap-2 text-14">
            <StatusGlyph status="conflict" />
            <span>
              <span className="font-semibold">{conflict.wanted.service ?? 'Somebody'}</span> wants{' '}
              <span className="font-mono font-semibold">:{conflict.wanted.port}</span>
            </span>
          </p>
          <RelativeTime iso={conflict.detectedAt} className="text-faint" />
        </div>
        <div className="pl-5">
          <Holder conflict={conflict} />
        </div>
      </header>

      {open && chosen !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            resolution.mutate(chosen);
          }}
        >
          <fieldset disabled={resolution.isPending} className="-mx-3 flex flex-col gap-0.5">
            <legend className="sr-only">Ways out</legend>
            {options.map((option) => (
              <OptionRow
                key={option.id}
                option={option}
                group={group}
                chosen={option.id === chosen.id}
                disabled={resolution.isPending}
                onChoose={() => setChosenId(option.id)}
              />
            ))}
          </fieldset>
          <div className="mt-2 flex justify-end">
            <Button type="submit" look={chosen.risk === 'high' ? 'danger' : 'primary'} disabled={resolution.isPending}>
              {resolution.isPending ? 'Working' : 'Do it'}
            </Button>
          </div>
        </form>
      )}
      {open && chosen === undefined && <p className="text-soft">There is no way out that CLOS can offer.</p>}
      {resolution.isError && <InlineProblem error={resolution.error} />}
      {resolution.data !== undefined && <OperationResult operation={resolution.data} />}
      {state !== 'open' && resolution.data === undefined && (
        <p className="rounded-md bg-active px-3 py-2">
          It is {stateWords[state]}
          {conflict.closedAt !== null && (
            <>
              {', '}
              <RelativeTime iso={conflict.closedAt} />
            </>
          )}
          .
        </p>
      )}

      <div className="flex flex-col gap-3 border-t pt-3">
        <Why conflict={conflict} />
        {open && chosen !== undefined && <CommandLine command={chosen.command} className="justify-between" />}
      </div>
    </article>
  );
}
