import type { Operation } from '#shared/contract/operations.ts';
import type { Call } from '../../../http/handler.ts';

/** Answers 202 with the Location while the operation still runs. */
export function answerOperation(call: { answer: Call<unknown>['answer'] }, operation: Operation): Operation {
  if (operation.status === 'running') call.answer.accepted(`/api/v2/operations/${operation.id}`);
  return operation;
}
