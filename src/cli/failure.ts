import { ZodError } from 'zod';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { ErrorCode } from '#shared/contract/errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';

/** An input that cannot be meant: the words say what and how to say it right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly advice: string | null;

  constructor(message: string, advice: string | null = null) {
    super(message);
    this.advice = advice;
  }
}

/** What to do about an error, as a sentence with a command in it. */
const advice: Partial<Record<ErrorCode, string>> = {
  CLOS_UNREACHABLE: 'Start it with: clos serve',
  SHUTTING_DOWN: 'Start it again with: clos serve',
  MODULE_UNAVAILABLE: 'See which part is missing: clos status',
  NOT_SIGNED_IN: 'Is this the home that CLOS runs with? Choose another with --home DIR or CLOS_HOME.',
  SERVICE_NOT_FOUND: 'See all services: clos ps',
  CONFLICT_NOT_FOUND: 'See the open conflicts: clos conflicts',
  CONFLICT_CLOSED: 'See the open conflicts: clos conflicts',
  ROUTE_UNKNOWN: 'See all routes: clos routes',
  ROUTE_TAKEN: 'See who has it: clos routes',
  NAME_TAKEN: 'Choose another name, or see who has it: clos ps',
  SERVICE_BUSY: 'Wait for it, or see what it does: clos operations. Have it end: clos cancel',
  NOT_CANCELLABLE: 'Take back what it did: clos undo',
  RATE_LIMITED: 'Wait a little, then try again.',
  RANGE_EXHAUSTED: 'See the range: clos ports. Make it wider: clos ports set-range NAME FIRST-LAST',
  LEASE_NOT_FOUND: 'See who has which port: clos ports',
  LEASE_IN_USE: 'Stop the service first, or give it another port: clos ports move SERVICE PORT',
  RANGE_IN_USE: 'See who is in it: clos ports',
  LISTENER_NOT_FOUND: 'See what listens: clos ports --listeners',
  OPERATION_NOT_FOUND: 'See what was done: clos operations',
  WEBHOOK_NOT_FOUND: 'See all webhooks: clos webhooks',
  NOT_UNDOABLE: 'See what can be undone: clos operations',
  PROCESS_GONE: 'See what holds the port now: clos who PORT',
  PROCESS_PROTECTED: 'Choose another way out: clos conflicts',
  NOT_DRIVEN: 'Start and stop it where it is run.',
  ENGINE_UNAVAILABLE: 'Start the container engine, then try again. See: clos status',
  ENGINE_TIMEOUT: 'See how the engine is: clos status',
  IMAGE_NOT_FOUND: 'Build the image, or check its name.',
  CONTAINER_NAME_TAKEN: 'Remove or rename that container, then try again.',
  STORAGE_FULL: 'Make room on the disk, then try again.',
};

/** An error as at most three lines: what happened, why we think so, what to do. */
export function failureLines(error: unknown): string[] {
  if (error instanceof UsageError) return error.advice === null ? [error.message] : [error.message, error.advice];
  if (isClosError(error)) return closErrorLines(error);
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    return [
      'CLOS answered in a way that this clos does not understand.',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
      'Are both of the same version? See: clos version',
    ];
  }
  const text = error instanceof Error ? error.message : String(error);
  return [`Something went wrong inside this command: ${text}`, 'See where: CLOS_DEBUG=1 clos …'];
}

function closErrorLines(error: ClosError): string[] {
  const help = typeof error.extra.advice === 'string' ? error.extra.advice : advice[error.code];
  if (error.message === 'CLOS is not running.') return [`${error.message} ${help ?? ''}`];
  const lines = [error.message];
  if (error.errors.length > 0) lines.push(error.errors.map(({ path, message }) => `${path}: ${message}`).join(' · '));
  else if (error.code === 'INTERNAL' && typeof error.extra.requestId === 'string') {
    lines.push(`The log has more under ${error.extra.requestId}.`);
  }
  if (help !== undefined) lines.push(help);
  return lines;
}

/** An error as data, for `--json`. */
export function failureData(error: unknown): Record<string, unknown> {
  if (!isClosError(error))
    return { code: error instanceof UsageError ? 'USAGE' : 'INTERNAL', detail: failureLines(error)[0] };
  const { advice: _advice, ...extra } = error.extra;
  return {
    code: error.code,
    detail: error.message,
    ...extra,
    ...(error.errors.length === 0 ? {} : { errors: error.errors }),
  };
}

/** How an error ends the process. */
export function exitCodeOfFailure(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage;
  return isClosError(error) ? exitCodeOf(error.code) : exitCodes.failed;
}

/** The same error with other advice. */
export function withAdvice(error: ClosError, text: string): ClosError {
  return new ClosError(error.code, error.message, {
    extra: { ...error.extra, advice: text },
    errors: error.errors,
    cause: error.cause,
  });
}
