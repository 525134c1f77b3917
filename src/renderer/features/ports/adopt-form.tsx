import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { TextField } from '../../components/field.tsx';
import { OperationOutcome, OperationPlan } from '../../components/operation-outcome.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { useAdopt } from '../../lib/adopt.ts';
import { commandLines } from '../../lib/commands.ts';
import type { Protocol } from '../../lib/port-state.ts';
import { usePreviewAdoption } from './preview-adoption.ts';

interface AdoptFormProps {
  port: number;
  protocol: Protocol;
}

/** Makes a service of whoever listens: it goes on running, and has a name and a lease from then on. */
export function AdoptForm({ port, protocol }: AdoptFormProps) {
  const [name, setName] = useState('');
  const adoption = useAdopt();
  const preview = usePreviewAdoption();
  const wanted = name.trim() === '' ? undefined : name.trim();
  const input = { port, protocol, name: wanted };
  return (
    <form
      aria-label={`Make a service of what listens on ${port}`}
      className="mt-4 flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        preview.reset();
        adoption.begin(input);
      }}
    >
      <div className="flex items-end gap-2">
        <TextField
          label="Name of the service"
          placeholder="its project's or program's"
          className="flex-1"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button disabled={preview.isPending || adoption.isPending} onClick={() => preview.mutate(input)}>
          Preview
        </Button>
        <Button type="submit" icon="adopt" disabled={adoption.isPending}>
          Make it a service
        </Button>
      </div>
      <CommandLine command={commandLines.adopt(port, protocol, wanted)} className="justify-between" />
      {preview.data !== undefined && <OperationPlan plan={preview.data} />}
      {preview.isError && <InlineProblem error={preview.error} />}
      {adoption.error !== null && <InlineProblem error={adoption.error} />}
      {adoption.operation !== null && <OperationOutcome operation={adoption.operation} />}
    </form>
  );
}
