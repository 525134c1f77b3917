import { Link } from 'wouter';
import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Service } from '#shared/contract/services.ts';
import { RelativeTime } from '../../components/relative-time.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { WaitingRow } from '../../components/waiting-row.tsx';
import { holderWords, wantParts } from '../../lib/conflict-words.ts';
import { statusWords } from '../../lib/status-words.ts';
import { useNow } from '../../lib/time.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';

const wantRow = 'flex h-(--row) w-full items-center gap-2.5 px-5 text-left hover:bg-hover -outline-offset-2';

function ConflictRow({ conflict }: { conflict: Conflict }) {
  const dialog = useConflictDialog();
  const { who, what } = wantParts(conflict);
  return (
    <button type="button" className={wantRow} onClick={() => dialog.open(conflict.id)}>
      <StatusGlyph status="conflict" />
      <span className="font-mono text-12 font-medium">:{conflict.wanted.port}</span>
      <span className="min-w-0 flex-1 truncate">
        <span className="font-medium">{who}</span>
        <span className="text-soft"> {what} it</span>
        {conflict.kind !== 'not-answering' && (
          <>
            <span className="text-soft">{conflict.kind === 'shadowed' ? ' with ' : ', held by '}</span>
            <span className="font-medium">{holderWords(conflict.holder)}</span>
          </>
        )}
      </span>
      <RelativeTime iso={conflict.detectedAt} className="text-faint" />
    </button>
  );
}

/** Conflicts, services that wait, and services that are not well. A conflict whose service waits is told by its waiting. */
export function WantsYou({ services, conflicts }: { services: Service[]; conflicts: Conflict[] }) {
  const now = useNow();
  const waiting = services.filter(({ waits }) => waits);
  const open = conflicts.filter(({ wanted }) => !waiting.some(({ id }) => id === wanted.serviceId));
  const troubled = services.filter(({ status, waits }) => !waits && (status === 'failed' || status === 'unhealthy'));
  if (troubled.length + open.length + waiting.length === 0) {
    return <p className="px-5 pb-2 text-soft">Nothing wants you. All is as it should be.</p>;
  }
  return (
    <ul>
      {open.map((conflict) => (
        <li key={conflict.id}>
          <ConflictRow conflict={conflict} />
        </li>
      ))}
      {troubled.map((service) => (
        <li key={service.id}>
          <Link href={`/services/${service.name}`} className={wantRow}>
            <StatusGlyph status={service.status} />
            <span className="font-medium">{service.name}</span>
            <span className="min-w-0 flex-1 truncate text-soft">{statusWords(service, now)}</span>
            <RelativeTime iso={service.statusSince} className="text-faint" />
          </Link>
        </li>
      ))}
      {waiting.map((service) => (
        <li key={service.id}>
          <WaitingRow service={service} />
        </li>
      ))}
    </ul>
  );
}
