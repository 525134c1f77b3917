import { PortGlyph } from '../../components/port-glyph.tsx';
import type { PortLook } from '../../lib/port-state.ts';
import { type PortFilter, portFilters } from './port-map.ts';

/** The shape that stands for a filter. */
const looks: Record<PortFilter, PortLook> = {
  leased: 'used',
  foreign: 'foreign',
  contested: 'contested',
  claimed: 'claimed',
  reserved: 'reserved',
  clos: 'clos',
};

const explanations: Record<PortFilter, string> = {
  leased: 'Leased to a service: filled while somebody listens, half filled while nobody does',
  foreign: 'Somebody listens who has no lease',
  contested: 'Somebody holds what another one leases',
  claimed: 'A container that does not run will want it',
  reserved: 'Kept by you for nobody in particular',
  clos: 'CLOS itself',
};

interface LegendProps {
  counts: ReadonlyMap<PortFilter, number>;
  chosen: ReadonlySet<PortFilter>;
  onToggle: (filter: PortFilter) => void;
}

/** What the shapes mean, how many there are, and the way to see only some. */
export function Legend({ counts, chosen, onToggle }: LegendProps) {
  return (
    <fieldset className="flex flex-wrap items-center gap-0.5">
      <legend className="sr-only">Show only</legend>
      {portFilters.map((filter) => (
        <button
          key={filter}
          type="button"
          aria-pressed={chosen.has(filter)}
          title={explanations[filter]}
          onClick={() => onToggle(filter)}
          className="flex h-6 items-center gap-1.5 rounded-md border border-transparent px-1.5 text-12 text-soft hover:bg-hover hover:text-text aria-pressed:border-line-strong aria-pressed:bg-active aria-pressed:text-text"
        >
          <PortGlyph look={looks[filter]} />
          {filter === 'clos' ? 'CLOS' : filter}
          <span className="text-faint tabular-nums">{counts.get(filter) ?? 0}</span>
        </button>
      ))}
      <span
        className="flex h-6 items-center gap-1.5 px-1.5 text-12 text-soft"
        title="Nobody has anything to do with it"
      >
        <PortGlyph look="free" />
        free
      </span>
    </fieldset>
  );
}
