import type { Conflict } from '#shared/contract/conflicts.ts';
import { withPlainTimes } from '../../lib/time.ts';
import { sourceWords } from './conflict-words.ts';

/** Why we think so; of what does not answer, what was tried. */
export function EvidenceList({ conflict: { kind, evidence } }: { conflict: Conflict }) {
  return (
    <div className="grid grid-cols-[64px_minmax(0,1fr)] gap-x-2">
      <span className="text-faint">{kind === 'not-answering' ? 'Tried' : 'Why'}</span>
      <ul>
        {evidence.map(({ source, detail }) => (
          <li key={source + detail} className="break-words text-soft">
            {withPlainTimes(detail)} <span className="text-faint">({sourceWords[source]})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
