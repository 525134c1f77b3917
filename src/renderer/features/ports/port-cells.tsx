import { PortChip } from '../../components/port-chip.tsx';
import { PortGlyph } from '../../components/port-glyph.tsx';
import { labelOf, lookOf } from '../../lib/port-state.ts';
import { portUrl } from '../../lib/port-url.ts';
import { type BandPart, cellOf } from './port-map.ts';

interface CellsProps {
  parts: readonly BandPart[];
  /** The port in the inspector. */
  opened: number | null;
  /** The cell that the Tab key comes to. */
  current: string | undefined;
  onOpen: (port: number) => void;
}

interface FreeProps extends Omit<CellsProps, 'parts'> {
  first: number;
  last: number;
}

function Free({ first, last, opened, current, onOpen }: FreeProps) {
  const cell = cellOf(first);
  if (first === last) {
    return (
      <PortChip
        port={first}
        look="free"
        cell={cell}
        tabStop={cell === current}
        opened={first === opened}
        onShow={() => onOpen(first)}
      />
    );
  }
  return (
    <button
      type="button"
      data-cell={cell}
      tabIndex={cell === current ? 0 : -1}
      aria-label={`Ports ${first} to ${last}, free`}
      title={`Show :${first}`}
      onClick={() => onOpen(first)}
      className="mono inline-flex h-5 items-center gap-1.5 rounded-sm border border-transparent px-1.5 leading-none text-faint first:-ml-1.5 hover:border-line-strong"
    >
      <PortGlyph look="free" />
      {first}–{last}
    </button>
  );
}

/** Ports in order, as chips; what nobody has is drawn together. */
export function PortCells({ parts, ...common }: CellsProps) {
  const { opened, current, onOpen } = common;
  return (
    <div className="flex flex-wrap items-center gap-x-1.5 gap-y-2">
      {parts.map((part) => {
        if (part.type === 'free') return <Free key={`free ${part.first}`} {...part} {...common} />;
        const { row } = part;
        const cell = cellOf(row.port, row.protocol);
        return (
          <PortChip
            key={cell}
            port={row.port}
            protocol={row.protocol}
            look={lookOf(row)}
            label={labelOf(row)}
            url={portUrl(row)}
            cell={cell}
            tabStop={cell === current}
            opened={row.port === opened}
            onShow={() => onOpen(row.port)}
          />
        );
      })}
    </div>
  );
}
