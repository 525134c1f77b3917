import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { OperationPlan } from '../../components/operation-outcome.tsx';
import { InlineProblem } from '../../components/states.tsx';
import type { OperationRun } from '../../lib/use-operation-run.ts';
import { effectWords, inOrder, sentence } from './conflict-words.ts';
import { OptionList } from './option-list.tsx';
import { usePreview } from './preview-option.ts';

interface ConfirmProps {
  option: ConflictOption;
  onYes: () => void;
  onNo: () => void;
}

/** Asks once more, in place. The way back has the focus. */
function Confirm({ option, onYes, onNo }: ConfirmProps) {
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => no.current?.focus(), []);
  return (
    <div role="alert" className="mt-2 flex flex-wrap items-center gap-2 rounded-md bg-failed-wash px-3 py-2">
      <p className="min-w-0 flex-1">
        <span className="font-medium">{option.title}?</span>{' '}
        <span className="text-soft">{sentence(effectWords(option))}</span>
      </p>
      <Button ref={no} onClick={onNo}>
        Leave it
      </Button>
      <Button look="danger" onClick={onYes}>
        Yes, do it
      </Button>
    </div>
  );
}

interface WaysOutProps {
  conflict: Conflict;
  /** The service starts by itself as soon as the port frees, so waiting is no choice any more. */
  waits: boolean;
  resolution: OperationRun<ConflictOption>;
  /** Stands between the choice and its command. */
  children: ReactNode;
}

/** The options of an open conflict: choose, look at what would be done, do it. High risk asks once more. */
export function WaysOut({ conflict, waits, resolution, children }: WaysOutProps) {
  const options = inOrder(conflict.options).filter(({ strategy }) => !waits || strategy !== 'wait');
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const preview = usePreview(conflict.id);
  const chosen = options.find(({ id }) => id === chosenId) ?? options[0];
  if (chosen === undefined) {
    return (
      <>
        <p className="pl-5 text-soft">There is nothing that CLOS could do about it by itself.</p>
        {children}
      </>
    );
  }

  const choose = (id: string) => {
    setChosenId(id);
    setAsking(false);
    preview.reset();
  };
  const act = () => {
    setAsking(false);
    preview.reset();
    resolution.begin(chosen);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.risk === 'high') setAsking(true);
        else act();
      }}
    >
      <OptionList options={options} chosen={chosen} disabled={resolution.isPending} onChoose={choose} />
      {preview.data !== undefined && (
        <div className="mt-2">
          <OperationPlan plan={preview.data} />
        </div>
      )}
      {preview.isError && (
        <div className="mt-2">
          <InlineProblem error={preview.error} />
        </div>
      )}
      {asking ? (
        <Confirm option={chosen} onYes={act} onNo={() => setAsking(false)} />
      ) : (
        <div className="mt-2 flex justify-end gap-2">
          <Button disabled={resolution.isPending || preview.isPending} onClick={() => preview.mutate(chosen.id)}>
            Preview
          </Button>
          <Button type="submit" look={chosen.risk === 'high' ? 'danger' : 'primary'} disabled={resolution.isPending}>
            {resolution.isPending ? 'Working' : 'Do it'}
          </Button>
        </div>
      )}
      {children}
      <CommandLine whole command={chosen.command} className="mt-3 justify-between pl-5" />
    </form>
  );
}
