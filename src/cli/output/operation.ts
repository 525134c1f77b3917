import { assertNever } from '#shared/base/assert-never.ts';
import type { Operation, OperationStep } from '#shared/contract/operations.ts';

const verbs = {
  'service.start': 'start',
  'service.stop': 'stop',
  'service.restart': 'restart',
  'service.delete': 'remove',
  'conflict.resolve': 'resolve',
} as const satisfies Record<Operation['type'], string>;

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

/** What a dry run found: the steps that would be taken, and that nothing was. */
export function renderPlan(operation: Operation): string[] {
  const subject = operation.subject.name ?? operation.subject.id;
  return [
    `To ${verbs[operation.type]} ${subject}, CLOS would:`,
    ...operation.steps.map(
      ({ name, status, detail }) =>
        `  ${stepMark(status)} ${name}${detail === null || detail === '' ? '' : `  (${detail})`}`,
    ),
    'Nothing was changed.',
  ];
}
