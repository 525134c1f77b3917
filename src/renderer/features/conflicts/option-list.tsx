import { useId } from 'react';
import type { ConflictOption } from '#shared/contract/conflicts.ts';
import { Badge } from '../../components/badge.tsx';
import { effectWords, riskWords } from './conflict-words.ts';

interface OptionRowProps {
  option: ConflictOption;
  group: string;
  chosen: boolean;
  onChoose: () => void;
}

function OptionRow({ option, group, chosen, onChoose }: OptionRowProps) {
  const risk = riskWords[option.risk];
  return (
    <label
      className={`block rounded-md px-3 py-2 has-focus-visible:outline-2 has-focus-visible:outline-accent ${chosen ? 'bg-active' : 'hover:bg-hover'}`}
    >
      <span className="grid grid-cols-[16px_minmax(0,1fr)] items-baseline gap-x-2">
        <input
          type="radio"
          name={group}
          className="size-3.5 translate-y-0.5 appearance-none rounded-full border border-control bg-page outline-none checked:border-4 checked:border-accent"
          checked={chosen}
          onChange={onChoose}
        />
        <span className="flex flex-wrap items-baseline gap-x-3">
          <span className={chosen ? 'font-medium' : ''}>{option.title}</span>
          {option.recommended && <Badge>recommended</Badge>}
          <span className="ml-auto text-faint">
            {risk !== null && (
              <>
                <span className={option.risk === 'high' ? 'font-medium text-failed' : ''}>{risk}</span>
                {' · '}
              </>
            )}
            {effectWords(option)}
          </span>
        </span>
      </span>
    </label>
  );
}

interface OptionListProps {
  options: readonly ConflictOption[];
  chosen: ConflictOption;
  disabled: boolean;
  onChoose: (id: string) => void;
}

/** The ways out, one of which is chosen; the arrow keys go through them. */
export function OptionList({ options, chosen, disabled, onChoose }: OptionListProps) {
  const group = useId();
  return (
    <fieldset disabled={disabled} className="-mx-3 flex flex-col gap-0.5">
      <legend className="sr-only">Ways out</legend>
      {options.map((option) => (
        <OptionRow
          key={option.id}
          option={option}
          group={group}
          chosen={option.id === chosen.id}
          onChoose={() => onChoose(option.id)}
        />
      ))}
    </fieldset>
  );
}
