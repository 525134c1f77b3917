import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Section } from '../../components/definition-list.tsx';

/** The variables; their values stay covered until asked for, because screens are shared. */
export function ServiceEnv({ env }: { env: Record<string, string> }) {
  const [shown, setShown] = useState(false);
  const entries = Object.entries(env);
  return (
    <Section
      title="Environment"
      tools={
        entries.length > 0 && (
          <Button look="quiet" icon="eye" className="h-6 text-12" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide values' : 'Show values'}
          </Button>
        )
      }
    >
      {entries.length === 0 ? (
        <p className="text-soft">No variables.</p>
      ) : (
        <ul className="flex flex-col gap-0.5">
          {entries.map(([name, value]) => (
            <li key={name} className="mono flex min-h-6 items-center gap-1">
              <span className="shrink-0 text-soft">{name}=</span>
              <span className="min-w-0 flex-1 truncate" title={shown ? value : undefined}>
                {shown ? value : '••••••••'}
              </span>
              <CopyButton text={value} label={`Copy the value of ${name}`} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
