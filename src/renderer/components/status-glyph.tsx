import type { ReactNode } from 'react';
import { assertNever } from '#shared/base/assert-never.ts';
import type { GlyphStatus } from '../lib/glyph.ts';

interface Look {
  tone: string;
  shape: ReactNode;
}

const ring = <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />;

function lookOf(status: GlyphStatus): Look {
  switch (status) {
    case 'running':
      return { tone: 'text-running', shape: <circle cx="6" cy="6" r="4.75" fill="currentColor" /> };
    case 'starting':
    case 'stopping':
      return {
        tone: 'text-moving',
        shape: (
          <>
            {ring}
            <path d={status === 'starting' ? 'M6 2 A4 4 0 0 0 6 10 Z' : 'M6 2 A4 4 0 0 1 6 10 Z'} fill="currentColor" />
          </>
        ),
      };
    case 'unhealthy':
      return { tone: 'text-unhealthy', shape: <path d="M6 1 L11.25 10.5 H0.75 Z" fill="currentColor" /> };
    case 'failed':
      return {
        tone: 'text-failed',
        shape: <rect x="1.5" y="1.5" width="9" height="9" rx="1" fill="currentColor" />,
      };
    case 'created':
    case 'stopped':
      return { tone: 'text-control', shape: ring };
    case 'unknown':
      return {
        tone: 'text-faint',
        shape: (
          <path
            d="M3.5 4.2a2.5 2.5 0 1 1 3.7 2.2c-.8.45-1.2.8-1.2 1.7M6 10.1v.6"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinecap="round"
          />
        ),
      };
    case 'waiting':
      return {
        tone: 'text-moving',
        shape: (
          <>
            {ring}
            <path d="M6 3.75V6l1.6 1" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinecap="round" />
          </>
        ),
      };
    case 'conflict':
      return {
        tone: 'text-conflict',
        shape: (
          <>
            <rect x="1.5" y="1.5" width="9" height="9" rx="1" fill="none" stroke="currentColor" strokeWidth="1.5" />
            <path d="M1.5 1.5 H6 V10.5 H1.5 Z" fill="currentColor" />
          </>
        ),
      };
    default:
      return assertNever(status, 'status');
  }
}

/** A status as a shape; its colour only repeats what the shape says. Words stand beside it, so it is silent to screen readers. */
export function StatusGlyph({ status }: { status: GlyphStatus }) {
  const { tone, shape } = lookOf(status);
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" className={`shrink-0 ${tone}`}>
      {shape}
    </svg>
  );
}
