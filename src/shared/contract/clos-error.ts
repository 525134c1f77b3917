import { type ErrorCode, errorTable } from './errors.ts';

/** Where an input is wrong: a path such as `endpoints.0.hostPort`, and what is wrong there. */
export interface InputIssue {
  path: string;
  message: string;
}

export interface ClosErrorOptions {
  /** Fields that join the problem document, such as `conflicts` of PORT_CONFLICT. */
  extra?: Record<string, unknown>;
  errors?: InputIssue[];
  /** Stays on the server: it goes into the log, never into an answer. */
  cause?: unknown;
}

/**
 * An expected failure, as data: a stable code, a sentence for people, and what the caller needs to act on it.
 *
 * Whatever else is thrown is a defect and becomes `INTERNAL`.
 */
export class ClosError extends Error {
  override readonly name = 'ClosError';
  readonly code: ErrorCode;
  readonly extra: Record<string, unknown>;
  readonly errors: InputIssue[];

  constructor(code: ErrorCode, detail?: string, options: ClosErrorOptions = {}) {
    super(detail ?? errorTable[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
    this.errors = options.errors ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** True for a `ClosError`, and, where codes are given, only for those: `catch (e) { if (!isClosError(e, 'NOT_FOUND')) throw e; }` */
export function isClosError(value: unknown, ...codes: ErrorCode[]): value is ClosError {
  return value instanceof ClosError && (codes.length === 0 || codes.includes(value.code));
}
