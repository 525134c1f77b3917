import type { Holder } from '#shared/contract/conflicts.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { useAdopt } from '../../lib/adopt.ts';
import { commandLines } from '../../lib/commands.ts';
import { checkoutWords } from '../../lib/conflict-words.ts';
import { lookOf } from '../../lib/port-state.ts';
import { portUrl } from '../../lib/port-url.ts';
import { shortCommand } from '../../lib/words.ts';
import { type Found, foundWords } from './found.ts';

const shownPorts = 3;

/** "node · /home/ada/src/blog (main)": what runs, and where it comes from. */
function originOf({ name, container, ...holder }: Holder): string {
  const what = container === null ? name : container.image;
  return [what, checkoutWords({ ...holder, name, container })].filter((part) => part !== null).join(' · ');
}

function FoundRow({ found: { holder, rows } }: { found: Found }) {
  const adoption = useAdopt();
  const [first] = rows;
  const more = rows.length - shownPorts;
  const origin = originOf(holder);
  return (
    <li className="flex min-h-(--row) items-center gap-3 border-b px-5">
      <span className="flex w-48 shrink-0 items-center gap-1 overflow-hidden">
        {rows.slice(0, shownPorts).map((row) => (
          <PortChip
            key={`${row.port} ${row.protocol}`}
            port={row.port}
            protocol={row.protocol}
            look={lookOf(row)}
            url={portUrl(row)}
          />
        ))}
        {more > 0 && <span className="text-12 text-faint">+{more}</span>}
      </span>
      <span className="w-28 shrink-0 truncate font-medium" title={holder.name}>
        {holder.project ?? holder.container?.name ?? holder.name}
      </span>
      <span className="min-w-0 flex-1 truncate text-soft" title={holder.command ?? origin}>
        {origin}
        {holder.command !== null && <span className="mono text-faint"> {shortCommand(holder.command)}</span>}
      </span>
      {first !== undefined && (
        <ActionButton
          label="Adopt"
          icon="adopt"
          command={commandLines.adopt(first.port, first.protocol)}
          disabled={adoption.isPending}
          onAct={() => adoption.begin({ port: first.port, protocol: first.protocol })}
        />
      )}
    </li>
  );
}

/** What runs on this machine and belongs to nobody, ready to be taken over as it runs. */
export function FoundList({ found }: { found: readonly Found[] }) {
  return (
    <section aria-label="Found on this machine">
      <div className="px-5 pt-5 pb-3">
        <h2 className="text-14 font-semibold">{foundWords(found)} found on this machine. Adopt them?</h2>
        <p className="text-soft">
          Each goes on running as it does. It gets a name, a lease of its ports and a history, and CLOS can start it
          again.
        </p>
      </div>
      <ul className="border-t">
        {found.map((one) => (
          <FoundRow key={one.key} found={one} />
        ))}
      </ul>
    </section>
  );
}
