import type { ReactNode } from 'react';
import { assertNever } from '#shared/base/assert-never.ts';
import type { PortLook } from '../lib/port-state.ts';

interface Shape {
  tone: string;
  shape: ReactNode;
}

const edge = { x: 1, y: 1, width: 6, height: 10, rx: 1, fill: 'none', stroke: 'currentColor' };

function shapeOf(look: PortLook): Shape {
  switch (look) {
    case 'used':
      return { tone: 'text-running', shape: <rect x="0.5" y="0.5" width="7" height="11" rx="1" fill="currentColor" /> };
    case 'leased':
      return {
        tone: 'text-soft',
        shape: (
          <>
            <rect {...edge} />
            <path d="M1 6.5h6V11H1Z" fill="currentColor" />
          </>
        ),
      };
    case 'foreign':
      return {
        tone: 'text-text',
        shape: (
          <>
            <rect {...edge} />
            <path d="M1 4 4 1M1 8l6-6M1.5 11 7 5.5M5 11l2-2" fill="none" stroke="currentColor" />
          </>
        ),
      };
    case 'claimed':
      return { tone: 'text-soft', shape: <rect {...edge} strokeDasharray="2 1.5" /> };
    case 'reserved':
      return {
        tone: 'text-soft',
        shape: (
          <>
            <rect {...edge} />
            <circle cx="4" cy="6" r="1.5" fill="currentColor" />
          </>
        ),
      };
    case 'contested':
      return {
        tone: 'text-conflict',
        shape: (
          <>
            <rect {...edge} />
            <path d="M1 1h3v10H1Z" fill="currentColor" />
          </>
        ),
      };
    case 'clos':
      return {
        tone: 'text-faint',
        shape: (
          <path
            d="M1.5.5h5a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM4 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4Z"
            fill="currentColor"
            fillRule="evenodd"
          />
        ),
      };
    case 'wanted':
      return { tone: 'text-faint', shape: <path d="M1 1v10h6V1" fill="none" stroke="currentColor" /> };
    case 'free':
      return { tone: 'text-control', shape: <rect {...edge} /> };
    default:
      return assertNever(look, 'look');
  }
}

/** What a port is, as a shape; its colour only repeats it. Words stand beside it, so it is silent to screen readers. */
export function PortGlyph({ look }: { look: PortLook }) {
  const { tone, shape } = shapeOf(look);
  return (
    <svg viewBox="0 0 8 12" width="8" height="12" aria-hidden="true" className={`shrink-0 ${tone}`}>
      {shape}
    </svg>
  );
}
