import { useRef } from 'react';
import { useRovingFocus } from '../../lib/use-roving-focus.ts';
import { PortCells } from './port-cells.tsx';
import { type Band, type BandPart, bandParts, cellOf, countByFilter, type PortMap } from './port-map.ts';
import { RangeStrip } from './range-strip.tsx';

interface MapViewProps {
  map: PortMap;
  /** Nothing is narrowed down, so what is not there is free. */
  whole: boolean;
  /** The port in the inspector. */
  opened: number | null;
  onOpen: (port: number) => void;
}

function partsOf(band: Band, whole: boolean): BandPart[] {
  return whole ? bandParts(band) : band.rows.map((row) => ({ type: 'port', row }));
}

/** "37 leased · 2 foreign · 1 contested"; CLOS is not a word but a name. */
function countsOf(band: Band): string {
  const { range, rows } = band;
  const words = [...countByFilter(rows)].map(([filter, count]) => `${count} ${filter === 'clos' ? 'CLOS' : filter}`);
  if (words.length > 0) return words.join(' · ');
  return `${range.last - range.first + 1} free`;
}

function BandHead({ band }: { band: Band }) {
  const { name, first, last } = band.range;
  return (
    <div className="mb-2.5 flex items-center gap-x-4">
      <h2 className="w-24 shrink-0 truncate font-medium" title={name}>
        {name}
      </h2>
      <span className="mono w-20 shrink-0 text-soft">
        {first}–{last}
      </span>
      <RangeStrip band={band} />
      <span className="ml-auto text-right text-faint">{countsOf(band)}</span>
    </div>
  );
}

/** One band for each range, and what is in none. The arrow keys walk through all of it; Tab passes it in one step. */
export function PortMapView({ map, whole, opened, onOpen }: MapViewProps) {
  const container = useRef<HTMLElement>(null);
  const bands = map.bands.map((band) => ({ band, parts: partsOf(band, whole) }));
  const outside = map.outside.map((row): BandPart => ({ type: 'port', row }));
  const cells = [...bands.flatMap(({ parts }) => parts), ...outside].map((part) =>
    part.type === 'free' ? cellOf(part.first) : cellOf(part.row.port, part.row.protocol),
  );
  const roving = useRovingFocus(container, cells);
  const common = { opened, onOpen, current: roving.current };
  return (
    <section
      ref={container}
      aria-label="Map of the ports"
      className="min-h-0 flex-1 overflow-y-auto"
      onKeyDown={roving.onKeyDown}
      onFocus={roving.onFocus}
    >
      {bands.map(({ band, parts }) => (
        <section key={band.range.name} aria-label={`Range ${band.range.name}`} className="border-b px-5 py-3.5">
          <BandHead band={band} />
          <PortCells parts={parts} {...common} />
        </section>
      ))}
      {outside.length > 0 && (
        <section aria-label="Outside of the ranges" className="px-5 py-3.5">
          <div className="mb-2.5 flex items-center">
            <h2 className="font-medium">Outside of the ranges</h2>
          </div>
          <PortCells parts={outside} {...common} />
        </section>
      )}
    </section>
  );
}
