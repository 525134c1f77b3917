import { z } from 'zod';
import { ClosError } from '../contract/clos-error.ts';
import { isErrorCode } from '../contract/errors.ts';
import type { TransportResponse } from './transport.ts';

const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** Turns an answer that is not a success into the `ClosError` that the server meant. Its `extra` keeps the other fields. */
export function errorFromResponse(response: TransportResponse): ClosError {
  let value: unknown;
  try {
    value = JSON.parse(response.body);
  } catch {
    value = null;
  }
  const problem = problemSchema.safeParse(value);
  if (!problem.success || !isErrorCode(problem.data.code)) {
    return new ClosError('CLOS_UNREACHABLE', `Something that is not CLOS answered with status ${response.status}.`);
  }
  const { type: _type, title: _title, status: _status, detail, code, errors, ...extra } = problem.data;
  return new ClosError(code, detail, { extra, ...(errors === undefined ? {} : { errors }) });
}
