import { isClosError } from '#shared/contract/clos-error.ts';
import { errorTable } from '#shared/contract/errors.ts';

/** A failure in three lines: what happened, why we think so, what can be done. */
export interface Problem {
  what: string;
  why: string;
  advice: string;
  requestId: string | null;
}

function adviceFor(error: unknown): string {
  if (isClosError(error, 'CLOS_UNREACHABLE')) return 'See whether CLOS runs: clos status';
  if (isClosError(error, 'ENGINE_UNAVAILABLE', 'ENGINE_TIMEOUT')) return 'Start the container engine, then try again.';
  if (isClosError(error, 'NOT_ALLOWED')) return 'Sign in with a key that may do this.';
  if (isClosError(error, 'PRECONDITION_FAILED'))
    return 'Somebody changed it meanwhile. Look at it again, then repeat your change.';
  if (isClosError(error, 'SERVICE_BUSY')) return 'Wait until its present operation is done.';
  if (isClosError(error, 'SERVICE_NOT_FOUND', 'CONFLICT_NOT_FOUND', 'WEBHOOK_NOT_FOUND', 'ROUTE_UNKNOWN'))
    return 'It may have been removed meanwhile.';
  return 'Try again. If it stays, the log of CLOS knows more.';
}

export function problemOf(error: unknown): Problem {
  if (!isClosError(error)) {
    return {
      what: 'The dashboard could not read the answer',
      why: error instanceof Error ? error.message : String(error),
      advice: adviceFor(error),
      requestId: null,
    };
  }
  const { requestId } = error.extra;
  return {
    what: errorTable[error.code].title,
    why: error.message,
    advice: adviceFor(error),
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}
