import type { ErrorCode } from '#shared/contract/errors.ts';

/** What the end of the process tells a script. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unreachable: 5,
  notAllowed: 6,
} as const;
export type ExitName = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[ExitName];

/** How each error ends the process. A code that is missing here does not compile. */
const exitOfError = {
  INVALID_INPUT: 'usage',
  MALFORMED_BODY: 'usage',
  UNSUPPORTED_MEDIA_TYPE: 'usage',
  BODY_TOO_LARGE: 'usage',
  HEADERS_TOO_LARGE: 'usage',
  REQUEST_TIMEOUT: 'failed',
  ROUTE_NOT_FOUND: 'notFound',
  METHOD_NOT_ALLOWED: 'usage',

  NOT_SIGNED_IN: 'notAllowed',
  NOT_ALLOWED: 'notAllowed',
  HOST_NOT_ALLOWED: 'notAllowed',
  ORIGIN_NOT_ALLOWED: 'notAllowed',
  RATE_LIMITED: 'failed',

  NOT_FOUND: 'notFound',
  SERVICE_NOT_FOUND: 'notFound',
  CONFLICT_NOT_FOUND: 'notFound',
  HISTORY_NOT_KEPT: 'notFound',
  WEBHOOK_NOT_FOUND: 'notFound',
  OPERATION_NOT_FOUND: 'notFound',
  ROUTE_UNKNOWN: 'notFound',
  ROUTE_AUTOMATIC: 'conflict',
  ROUTE_TAKEN: 'conflict',
  ENDPOINT_NOT_FOUND: 'notFound',
  NAME_TAKEN: 'conflict',
  NOT_DRIVEN: 'failed',
  SERVICE_BUSY: 'conflict',
  OPERATION_CANCELLED: 'failed',
  NOT_CANCELLABLE: 'conflict',
  PRECONDITION_FAILED: 'conflict',
  PRECONDITION_REQUIRED: 'usage',
  IDEMPOTENCY_KEY_REUSED: 'usage',

  PORT_CONFLICT: 'conflict',
  RANGE_EXHAUSTED: 'conflict',
  CONFLICT_CLOSED: 'conflict',
  OPTION_NOT_FOUND: 'notFound',
  LEASE_NOT_FOUND: 'notFound',
  LEASE_IN_USE: 'conflict',
  RANGE_IN_USE: 'conflict',
  LISTENER_NOT_FOUND: 'notFound',
  NOT_UNDOABLE: 'conflict',

  PROCESS_FAILED: 'failed',
  PROCESS_STUCK: 'failed',
  PROCESS_GONE: 'failed',
  PROCESS_PROTECTED: 'notAllowed',
  PROCESS_UNREADABLE: 'notAllowed',
  ENV_UNRESOLVED: 'failed',

  CONTAINER_POLICY: 'notAllowed',
  IMAGE_NOT_FOUND: 'failed',
  CONTAINER_NOT_FOUND: 'failed',
  CONTAINER_NAME_TAKEN: 'conflict',
  CONTAINER_FAILED: 'failed',
  ENGINE_UNAVAILABLE: 'failed',
  ENGINE_TIMEOUT: 'failed',
  ENGINE_ERROR: 'failed',

  NAME_UNKNOWN: 'notFound',
  SERVICE_DOWN: 'failed',
  SERVICE_STARTING: 'failed',
  SERVICE_SILENT: 'failed',
  ADDRESS_TAKEN: 'conflict',
  GATEWAY_TIMEOUT: 'failed',
  ROUTE_LOOP: 'failed',

  MODULE_UNAVAILABLE: 'unreachable',
  READS_BUSY: 'failed',
  READ_TIMEOUT: 'failed',
  BACKUP_FAILED: 'failed',
  STORAGE_FULL: 'failed',
  SHUTTING_DOWN: 'unreachable',
  CLOS_UNREACHABLE: 'unreachable',
  INTERNAL: 'failed',
} as const satisfies Record<ErrorCode, ExitName>;

/** The exit code of an error of the contract. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return exitCodes[exitOfError[code]];
}

/** The exit code of an HTTP answer that carries no error code. */
export function exitCodeOfStatus(status: number): ExitCode {
  if (status >= 200 && status < 400) return exitCodes.done;
  if (status === 401 || status === 403 || status === 421) return exitCodes.notAllowed;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.conflict;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return exitCodes.usage;
  return exitCodes.failed;
}
