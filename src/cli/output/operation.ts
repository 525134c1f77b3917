import { assertNever } from '#shared/base/assert-never.ts';
import type { Operation, OperationStep } from '#shared/contract/operations.ts';
import type { Colour, Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

const titles = {
  'service.start': (name) => `start ${name}`,
  'service.stop': (name) => `stop ${name}`,
  'service.restart': (name) => `restart ${name}`,
  'service.delete': (name) => `remove ${name}`,
  'service.adopt': (name) => `adopt ${name}`,
  'services.start': (name) => `start ${name}`,
  'conflict.resolve': (name) => `resolve a conflict of ${name}`,
  'operation.undo': (name) => `undo a change of ${name}`,
} as const satisfies Record<Operation['type'], (name: string) => string>;

function stepMark(status: OperationStep['status']): string {
  switch (status) {
    case 'planned':
      return '○';
    case 'running':
      return '◐';
    case 'succeeded':
      return '●';
    case 'failed':
      return '■';
    case 'skipped':
      return '–';
    default:
      return assertNever(status, 'status of a step');
  }
}

/** One step of an operation: how far it is, what it does, what came of it. */
export function stepLine({ name, status, detail }: OperationStep): string {
  return `${stepMark(status)} ${name}${detail === null || detail === '' ? '' : `  (${detail})`}`;
}

/** "start web", "resolve a conflict of web". */
export function operationTitle({ type, subject }: Operation): string {
  return titles[type](subject.name ?? subject.id);
}

/** What a dry run found: the steps that would be taken, and that nothing was. */
export function renderPlan(operation: Operation): string[] {
  return [
    `To ${operationTitle(operation)}, CLOS would:`,
    ...operation.steps.map((step) => `  ${stepLine(step)}`),
    'Nothing was changed.',
  ];
}

/** Where an operation can be put back from; empty when it cannot. */
export function undoHint({ id, undoable }: Operation): string[] {
  return undoable ? [`undo with: clos undo ${id}`] : [];
}

const marks: Readonly<Record<Operation['status'], { glyph: string; colour: Colour }>> = {
  pending: { glyph: '○', colour: 'dim' },
  running: { glyph: '◐', colour: 'cyan' },
  succeeded: { glyph: '●', colour: 'green' },
  failed: { glyph: '■', colour: 'red' },
  cancelled: { glyph: '–', colour: 'dim' },
};

/** Operations as a table, newest first as they came. */
export function renderOperations(
  operations: readonly Operation[],
  { width, paint, now }: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: Array<Column<Operation>> = [
    {
      title: 'Status',
      value: ({ status }) => `${marks[status].glyph} ${status}`,
      paint: ({ status }, text) => paint(marks[status].colour, text),
    },
    { title: 'What', value: operationTitle, shrinksTo: 16 },
    { title: 'By', value: ({ actor }) => actor.name, yields: 1 },
    { title: 'When', value: ({ startedAt }) => ago(startedAt, now), yields: 2 },
    { title: 'Outcome', value: ({ error }) => error?.detail ?? '–', shrinksTo: 12, yields: 3 },
    { title: 'Undo', value: ({ undoable }) => (undoable ? 'yes' : '–') },
    { title: 'Id', value: ({ id }) => id },
  ];
  return renderTable(operations, columns, { width, paint });
}

/** One operation with all its steps. */
export function renderOperation(operation: Operation, { paint, now }: { paint: Paint; now: number }): string[] {
  const { glyph, colour } = marks[operation.status];
  const by = paint('dim', `by ${operation.actor.name}, ${ago(operation.startedAt, now)}`);
  return [
    `${paint(colour, glyph)} ${operationTitle(operation)}: ${operation.status}  ${by}`,
    ...operation.steps.map((step) => `  ${stepLine(step)}`),
    ...(operation.error === null ? [] : [`  ${operation.error.detail}`]),
    ...undoHint(operation),
  ];
}
