import { useState } from 'react';
import { type ProgramRule, programRuleSchema } from '#shared/contract/settings.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { TextField } from '../../components/field.tsx';
import { ruleWords } from './rule-words.ts';

interface ProgramRulesProps {
  label: string;
  rules: readonly ProgramRule[];
  /** Stands where there is none. */
  none: string;
  disabled: boolean;
  commandOf: (rule: ProgramRule, remove: boolean) => string;
  onAdd: (rule: ProgramRule) => void;
  onRemove: (rule: ProgramRule) => void;
}

/** The rule as it is typed; null while it names no program. */
function ruleOf(name: string, contains: string): ProgramRule | null {
  const parsed = programRuleSchema.safeParse({
    name: name.trim(),
    ...(contains.trim() === '' ? {} : { commandContains: contains.trim() }),
  });
  return parsed.success ? parsed.data : null;
}

/** Programs by name, and where that is too wide, by a part of their command line. */
export function ProgramRules(props: ProgramRulesProps) {
  const { label, rules, none, disabled, commandOf, onAdd, onRemove } = props;
  const [name, setName] = useState('');
  const [contains, setContains] = useState('');
  const rule = ruleOf(name, contains);
  return (
    <div className="flex max-w-[640px] flex-col gap-2">
      {rules.length === 0 ? (
        <p className="text-faint">{none}</p>
      ) : (
        <ul aria-label={label}>
          {rules.map((known) => (
            <li key={ruleWords(known)} className="flex h-8 items-center gap-2 border-b">
              <span className="min-w-0 flex-1 truncate">
                <span className="mono">{known.name}</span>
                {known.commandContains !== undefined && (
                  <span className="text-soft">
                    {' '}
                    with <code className="mono">{known.commandContains}</code> in its command
                  </span>
                )}
              </span>
              <ActionButton
                compact
                label={`Remove ${ruleWords(known)}`}
                icon="close"
                command={commandOf(known, true)}
                disabled={disabled}
                onAct={() => onRemove(known)}
              />
            </li>
          ))}
        </ul>
      )}
      <form
        aria-label={`Add to ${label}`}
        className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (rule === null) return;
          onAdd(rule);
          setName('');
          setContains('');
        }}
      >
        <TextField
          label="Program"
          code
          placeholder="node"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Only if its command contains"
          code
          placeholder="vite"
          value={contains}
          onChange={(event) => setContains(event.target.value)}
        />
        <Button type="submit" icon="plus" disabled={disabled || rule === null}>
          Add
        </Button>
      </form>
      {rule !== null && <CommandLine command={commandOf(rule, false)} className="justify-between" />}
    </div>
  );
}
