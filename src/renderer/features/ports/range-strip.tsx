import type { PortLook } from '../../lib/port-state.ts';
import { type Band, stripOf } from './port-map.ts';

/** Steps of the strip, and pixels of each with its gap. */
const steps = 50;
const pitch = 5;
const height = 10;

/** A step is as tall as it matters: leases fill it, strangers half of it, the rest a third. */
function shareOf(look: PortLook): number {
  switch (look) {
    case 'contested':
    case 'used':
    case 'leased':
      return 1;
    case 'foreign':
      return 0.6;
    default:
      return 0.3;
  }
}

/** How full a range is, and where. Its counts stand beside it in words. */
export function RangeStrip({ band }: { band: Band }) {
  const strip = stripOf(band, steps);
  const width = strip.length * pitch - 1;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="min-w-16 shrink"
    >
      {strip.map((look, step) => {
        const tall = look === null ? 1 : shareOf(look) * height;
        return (
          <g
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            key={step}
          >
            <rect x={step * pitch} width={pitch - 1} height={height} rx="1" fill="var(--c-active)" />
            {look !== null && (
              <rect
                x={step * pitch}
                y={height - tall}
                width={pitch - 1}
                height={tall}
                rx="1"
                fill={look === 'contested' ? 'var(--c-conflict)' : 'var(--c-text-soft)'}
              />
            )}
          </g>
        );
      })}
    </svg>
  );
}
