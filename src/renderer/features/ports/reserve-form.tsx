import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { TextField } from '../../components/field.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { useReserve } from './reserve-port.ts';

/** Keeps a port for nobody in particular, with a note on what it is for. */
export function ReserveForm({ port }: { port: number }) {
  const [note, setNote] = useState('');
  const reservation = useReserve();
  const protocol = 'tcp';
  const given: { note?: string } = note.trim() === '' ? {} : { note: note.trim() };
  return (
    <form
      aria-label={`Reserve ${port}`}
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        reservation.mutate({ port, protocol, ...given });
      }}
    >
      <div className="flex items-end gap-2">
        <TextField
          label="What it is for"
          placeholder="the demo on Friday"
          maxLength={200}
          className="flex-1"
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button type="submit" icon="pin" disabled={reservation.isPending}>
          Reserve
        </Button>
      </div>
      <CommandLine command={commandLines.reserve(port, protocol, given.note)} className="justify-between" />
      {reservation.isError && <InlineProblem error={reservation.error} />}
    </form>
  );
}
