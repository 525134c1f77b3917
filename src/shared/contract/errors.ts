/**
 * The one table of errors.
 *
 * A code is stable: scripts and agents branch on it. Its name equals its key, its status is the HTTP status, its title is the
 * sentence that stands above the details. Add a row here, nowhere else.
 */
export const errorTable = {
  // What was asked is not well-formed.
  INVALID_INPUT: { status: 400, title: 'The request is not valid' },
  MALFORMED_BODY: { status: 400, title: 'The body is not valid JSON' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such operation' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource does not support this method' },

  // Who asks.
  NOT_SIGNED_IN: { status: 401, title: 'A valid key is needed' },
  NOT_ALLOWED: { status: 403, title: 'The key does not carry the permission' },
  HOST_NOT_ALLOWED: { status: 421, title: 'The Host header does not name this server' },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Requests from this origin are refused' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },

  // The thing that is named.
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  SERVICE_NOT_FOUND: { status: 404, title: 'There is no such service' },
  CONFLICT_NOT_FOUND: { status: 404, title: 'There is no such conflict' },
  HISTORY_NOT_KEPT: { status: 410, title: 'The history does not reach back so far' },
  WEBHOOK_NOT_FOUND: { status: 404, title: 'There is no such webhook' },
  OPERATION_NOT_FOUND: { status: 404, title: 'There is no such operation' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is no such route' },
  ROUTE_AUTOMATIC: { status: 409, title: 'The route comes with its endpoint' },
  ROUTE_TAKEN: { status: 409, title: 'Another route has this name and path' },
  ENDPOINT_NOT_FOUND: { status: 404, title: 'The service has no such endpoint' },
  NAME_TAKEN: { status: 409, title: 'Another service has this name' },
  NOT_DRIVEN: { status: 409, title: 'CLOS only watches this service' },
  OPERATION_CANCELLED: { status: 409, title: 'The operation was cancelled' },
  NOT_CANCELLABLE: { status: 409, title: 'The operation has ended' },
  SERVICE_BUSY: { status: 409, title: 'The service is busy with another operation' },
  PRECONDITION_FAILED: { status: 412, title: 'The resource has changed since it was read' },
  PRECONDITION_REQUIRED: { status: 428, title: 'The change needs an If-Match header' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key was used for another request' },

  // Ports.
  PORT_CONFLICT: { status: 409, title: 'A port that the service wants is taken' },
  RANGE_EXHAUSTED: { status: 409, title: 'The range has no free port left' },
  CONFLICT_CLOSED: { status: 409, title: 'The conflict is no longer open' },
  OPTION_NOT_FOUND: { status: 404, title: 'The conflict has no such option' },
  LEASE_NOT_FOUND: { status: 404, title: 'There is no such lease' },
  LEASE_IN_USE: { status: 409, title: 'A running service uses the lease' },
  RANGE_IN_USE: { status: 409, title: 'Endpoints take their ports from the range' },
  LISTENER_NOT_FOUND: { status: 404, title: 'Nothing that could be adopted is there' },
  NOT_UNDOABLE: { status: 409, title: 'The operation cannot be undone' },

  // Processes.
  PROCESS_FAILED: { status: 422, title: 'The program could not be started' },
  PROCESS_STUCK: { status: 504, title: 'The process does not end' },
  PROCESS_GONE: { status: 409, title: 'The process has ended, or its number belongs to another one now' },
  PROCESS_PROTECTED: { status: 403, title: 'The process must not be ended' },
  PROCESS_UNREADABLE: { status: 403, title: 'The process cannot be read' },
  ENV_UNRESOLVED: { status: 422, title: 'A template in the environment cannot be filled in' },

  // Containers and engines.
  CONTAINER_POLICY: { status: 403, title: 'The container asks for more than it may have' },
  IMAGE_NOT_FOUND: { status: 422, title: 'The image does not exist here and cannot be pulled' },
  CONTAINER_NOT_FOUND: { status: 409, title: 'The container is gone' },
  CONTAINER_NAME_TAKEN: { status: 409, title: 'A container that CLOS does not own has this name' },
  CONTAINER_FAILED: { status: 422, title: 'The engine could not run the container' },
  ENGINE_UNAVAILABLE: { status: 503, title: 'The container engine cannot be reached' },
  ENGINE_TIMEOUT: { status: 504, title: 'The container engine did not answer in time' },
  ENGINE_ERROR: { status: 502, title: 'The container engine refused the request' },

  // What the gateway answers in the place of a service.
  NAME_UNKNOWN: { status: 404, title: 'Nothing has this name' },
  SERVICE_DOWN: { status: 503, title: 'The service does not run' },
  SERVICE_STARTING: { status: 503, title: 'The service is starting' },
  SERVICE_SILENT: { status: 502, title: 'The service does not answer' },
  ADDRESS_TAKEN: { status: 502, title: 'Another program answers at the address of the service' },
  GATEWAY_TIMEOUT: { status: 504, title: 'The service did not answer in time' },
  ROUTE_LOOP: { status: 508, title: 'The request has come around' },

  // CLOS itself.
  MODULE_UNAVAILABLE: { status: 503, title: 'A part of CLOS is not running' },
  READS_BUSY: { status: 503, title: 'Too many long reads at once' },
  READ_TIMEOUT: { status: 504, title: 'The read took too long' },
  BACKUP_FAILED: { status: 500, title: 'The backup could not be made' },
  STORAGE_FULL: { status: 507, title: 'The disk is full' },
  SHUTTING_DOWN: { status: 503, title: 'CLOS is stopping' },
  CLOS_UNREACHABLE: { status: 503, title: 'CLOS does not answer' },
  INTERNAL: { status: 500, title: 'Something went wrong inside CLOS' },
} as const satisfies Record<string, { status: number; title: string }>;

/** A stable error code, see `errorTable`. */
export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}
