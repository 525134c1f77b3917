import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { commandLines } from '../../lib/commands.ts';

interface SelectionBarProps {
  names: readonly string[];
  onStart: () => void;
  onClear: () => void;
}

/** What can be done with the chosen services together. */
export function SelectionBar({ names, onStart, onClear }: SelectionBarProps) {
  return (
    <section aria-label="Selection" className="flex h-11 shrink-0 items-center gap-3 border-b bg-accent-wash px-5">
      <p className="font-medium">{names.length} selected</p>
      <Button look="primary" icon="play" onClick={onStart}>
        Start all
      </Button>
      <CommandLine command={commandLines.start(...names)} className="flex-1" />
      <Button look="quiet" onClick={onClear}>
        Clear
      </Button>
    </section>
  );
}
