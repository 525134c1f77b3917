import type { Conflict, Holder } from '#shared/contract/conflicts.ts';
import { Badge } from '../../components/badge.tsx';
import { holderFacts } from '../../components/port-holders.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { holderName } from '../../lib/conflict-words.ts';
import { shortCommand } from '../../lib/words.ts';

const heads: Partial<Record<Conflict['kind'], string>> = {
  'stopped-container': 'claimed by',
  shadowed: 'also',
  reserved: 'kept by',
};

/** Where the holder comes from: its project, its checkout with the branch, its image. */
function Origin({ holder }: { holder: Holder }) {
  const { project, checkout, container } = holder;
  if (project === null && checkout === null && container === null) return null;
  return (
    <p className="flex min-w-0 flex-wrap gap-x-4">
      {project !== null && <span>{project}</span>}
      {checkout !== null && <span className="mono leading-5 break-all text-soft">{checkout.root}</span>}
      {checkout?.branch != null && <span className="mono leading-5 text-soft">{checkout.branch}</span>}
      {container !== null && (
        <span className="mono leading-5 break-all text-faint">
          {container.image}, {container.state}
        </span>
      )}
    </p>
  );
}

/** Who holds the port: name and command; pid, user and since when; project, checkout and branch. */
export function HolderFacts({ conflict: { kind, holder } }: { conflict: Conflict }) {
  if (kind === 'not-answering') return null;
  const facts = holderFacts(holder);
  return (
    <div className="grid grid-cols-[64px_minmax(0,1fr)] gap-x-2">
      <span className="text-faint">{heads[kind] ?? 'held by'}</span>
      <div className="flex min-w-0 flex-col">
        <p className="flex min-w-0 flex-wrap items-baseline gap-x-3">
          <span className="font-medium">{holderName(holder)}</span>
          {holder.command !== null && (
            <code className="mono min-w-0 truncate" title={holder.command}>
              {shortCommand(holder.command)}
            </code>
          )}
          {holder.protected && <Badge>protected</Badge>}
        </p>
        {facts !== '' && (
          <p className="text-soft">
            {facts}
            {holder.since !== null && (
              <>
                {', '}
                <RelativeTime iso={holder.since} />
              </>
            )}
          </p>
        )}
        <Origin holder={holder} />
      </div>
    </div>
  );
}
