import type { ZodError } from 'zod';
import { ClosError, type InputIssue, isClosError } from '#shared/contract/clos-error.ts';
import { errorTable } from '#shared/contract/errors.ts';

/** An RFC 9457 problem document. `code` is what programs branch on. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
  errors?: InputIssue[];
  [extra: string]: unknown;
}

/** The codes that Fastify gives to what never reached us, in our words. */
const frameworkErrors: Readonly<Record<string, ClosError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new ClosError('UNSUPPORTED_MEDIA_TYPE'),
  FST_ERR_CTP_BODY_TOO_LARGE: new ClosError('BODY_TOO_LARGE', 'The body holds more than 1 MiB.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new ClosError('MALFORMED_BODY', 'Content-Length does not match the body.'),
  FST_ERR_CTP_INVALID_JSON_BODY: new ClosError('MALFORMED_BODY'),
  FST_ERR_CTP_EMPTY_JSON_BODY: new ClosError('MALFORMED_BODY', 'The body is empty.'),
};

/** Issues with their paths as people write them: `endpoints.0.hostPort`. Unknown fields get a line each. */
export function issuesOf(error: ZodError): InputIssue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'is not a known field' }));
    }
    return [{ path, message: issue.message }];
  });
}

/** Any thrown value as a `ClosError`; what was not expected becomes INTERNAL, with its cause kept for the log. */
export function toClosError(error: unknown): ClosError {
  if (isClosError(error)) return error;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const known = frameworkErrors[error.code];
    if (known !== undefined) return known;
  }
  if (error instanceof SyntaxError && 'statusCode' in error && error.statusCode === 400) {
    return new ClosError('MALFORMED_BODY', `The body is not valid JSON: ${error.message}`);
  }
  return new ClosError('INTERNAL', 'Something went wrong inside CLOS. The log has the details under this request id.', {
    cause: error,
  });
}

export function problemOf(error: ClosError, requestId: string): Problem {
  const { status, title } = errorTable[error.code];
  return {
    ...error.extra,
    type: `urn:clos:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  };
}
