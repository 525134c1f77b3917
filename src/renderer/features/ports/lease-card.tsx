import { useState } from 'react';
import { Link } from 'wouter';
import type { LeaseRow } from '#shared/contract/ports.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { inputClass } from '../../components/field.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { portIn } from '../../lib/port-state.ts';
import { type LeaseOwner, ownerOf, useMoveLease } from './move-lease.ts';
import { useRelease } from './release-lease.ts';

interface MoveFormProps {
  owner: LeaseOwner;
  from: number;
  onDone: (port: number) => void;
  onCancel: () => void;
}

function MoveForm({ owner, from, onDone, onCancel }: MoveFormProps) {
  const [text, setText] = useState('');
  const move = useMoveLease(onDone);
  const to = text.trim() === '' || text.trim() === 'auto' ? 'auto' : portIn(text);
  return (
    <form
      aria-label={`Move ${owner.service.name}/${owner.endpoint}`}
      className="mt-2 flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (to !== null) move.mutate({ owner, from, to });
      }}
    >
      <div className="flex items-center gap-2">
        <label htmlFor="move-to" className="text-soft">
          To
        </label>
        <input
          id="move-to"
          value={text}
          placeholder="auto"
          autoComplete="off"
          aria-invalid={to === null}
          onChange={(event) => setText(event.target.value)}
          className={`${inputClass} mono !w-24`}
        />
        {to === null && <p className="text-12 text-failed">a port, 1 to 65535</p>}
        <Button className="ml-auto" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" look="primary" disabled={to === null || move.isPending}>
          Move
        </Button>
      </div>
      {to !== null && (
        <CommandLine command={commandLines.move(owner.service.name, owner.endpoint, to)} className="justify-between" />
      )}
      {move.isError && <InlineProblem error={move.error} />}
    </form>
  );
}

interface LeaseCardProps {
  lease: LeaseRow;
  /** The lease is elsewhere now. */
  onMoved: (port: number) => void;
}

/** Who has the lease, since when and why; moving it and giving it back. */
export function LeaseCard({ lease, onMoved }: LeaseCardProps) {
  const [moving, setMoving] = useState(false);
  const release = useRelease();
  const owner = ownerOf(lease);
  return (
    <li className="py-1">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <p>
            {owner === null ? (
              <span className="font-medium">Reserved</span>
            ) : (
              <Link href={`/services/${owner.service.name}`} className="font-medium text-accent hover:underline">
                {owner.service.name}/{owner.endpoint}
              </Link>
            )}
            {lease.note !== null && <span> · {lease.note}</span>}
          </p>
          <p className="text-soft">
            {lease.protocol} {lease.address} · <RelativeTime iso={lease.since} /> · {lease.reason}
          </p>
        </div>
        {owner !== null && (
          <ActionButton
            label="Move"
            icon="move"
            command={commandLines.move(owner.service.name, owner.endpoint, 'auto')}
            onAct={() => setMoving(!moving)}
          />
        )}
        <ActionButton
          label="Release"
          icon="close"
          command={commandLines.release(lease.port, lease.protocol)}
          // A lease that was given back stays away, though it is on the screen until the next news.
          disabled={release.isPending || release.isSuccess}
          onAct={() => release.mutate(lease)}
        />
      </div>
      {moving && owner !== null && (
        <MoveForm owner={owner} from={lease.port} onDone={onMoved} onCancel={() => setMoving(false)} />
      )}
    </li>
  );
}
