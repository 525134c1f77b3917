import type { Operation, OperationStep, OperationType } from '#shared/contract/operations.ts';
import type { GlyphStatus } from './glyph.ts';

/** What an operation does, as a noun: "Start of web began". */
export const operationNouns: Record<OperationType, string> = {
  'service.start': 'Start',
  'service.stop': 'Stop',
  'service.restart': 'Restart',
  'service.delete': 'Removal',
  'service.adopt': 'Adoption',
  'services.start': 'Start',
  'conflict.resolve': 'Resolution',
  'operation.undo': 'Undoing',
};

export const operationGlyphs: Record<Operation['status'], GlyphStatus> = {
  pending: 'starting',
  running: 'starting',
  succeeded: 'running',
  failed: 'failed',
  cancelled: 'stopped',
};

export const stepGlyphs: Record<OperationStep['status'], GlyphStatus> = {
  planned: 'stopped',
  running: 'starting',
  succeeded: 'running',
  failed: 'failed',
  skipped: 'stopped',
};

/** What is being done, of what, and for whom. */
export function operationTitleWords({ type, subject, actor }: Operation): string {
  return `${operationNouns[type]} of ${subject.name ?? subject.id} · by ${actor.name}`;
}
