import type { ServiceStatus } from '#shared/contract/services.ts';
import type { Colour } from './style.ts';

/** Status has a shape, so that it does not hang on its colour. */
export const statusMarks: Readonly<Record<ServiceStatus, { glyph: string; colour: Colour }>> = {
  created: { glyph: '○', colour: 'dim' },
  starting: { glyph: '◐', colour: 'cyan' },
  running: { glyph: '●', colour: 'green' },
  unhealthy: { glyph: '▲', colour: 'yellow' },
  stopping: { glyph: '◐', colour: 'cyan' },
  stopped: { glyph: '○', colour: 'dim' },
  failed: { glyph: '■', colour: 'red' },
  unknown: { glyph: '?', colour: 'yellow' },
};

/** The split square of a conflict. */
export const conflictGlyph = '◧';
