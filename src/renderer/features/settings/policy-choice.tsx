import { useId } from 'react';
import { type ConflictPolicy, conflictPolicies } from '#shared/contract/service-spec.ts';
import { policyWords } from '../../lib/policy-words.ts';

interface PolicyChoiceProps {
  value: ConflictPolicy;
  disabled: boolean;
  onChange: (policy: ConflictPolicy) => void;
}

/** What happens when a port is taken, for every service that says nothing else. */
export function PolicyChoice({ value, disabled, onChange }: PolicyChoiceProps) {
  const group = useId();
  return (
    <fieldset disabled={disabled} className="-mx-3 flex max-w-[640px] flex-col gap-0.5">
      <legend className="sr-only">When a port is taken</legend>
      {conflictPolicies.map((policy) => (
        <label
          key={policy}
          className={`grid grid-cols-[16px_112px_minmax(0,1fr)] items-baseline gap-x-2 rounded-md px-3 py-1.5 has-focus-visible:outline-2 has-focus-visible:outline-accent ${policy === value ? 'bg-active' : 'hover:bg-hover'}`}
        >
          <input
            type="radio"
            name={group}
            checked={policy === value}
            onChange={() => onChange(policy)}
            className="size-3.5 translate-y-0.5 appearance-none rounded-full border border-control bg-page outline-none checked:border-4 checked:border-accent"
          />
          <span className={`first-letter:uppercase ${policy === value ? 'font-medium' : ''}`}>
            {policyWords[policy].label}
          </span>
          <span className="text-soft">{policyWords[policy].sentence}</span>
        </label>
      ))}
    </fieldset>
  );
}
