import { ClosError } from '#shared/contract/clos-error.ts';
import type { ErrorCode } from '#shared/contract/errors.ts';
import { type PortConflictText, parsePortConflict } from '../port-conflict-text.ts';

/** The engine's own answer, kept as the cause of the `ClosError` that it became. */
export class EngineAnswer extends Error {
  override readonly name = 'EngineAnswer';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Row {
  code: ErrorCode;
  /** Where given, only with these statuses. */
  status?: number[];
  text: RegExp;
}

/**
 * What an engine's refusal means, the first match wins. Texts are of Docker 20.10 to 29 and Podman 4 and 5; the port texts are
 * asked before this table.
 */
const refusals: Row[] = [
  {
    code: 'IMAGE_NOT_FOUND',
    text: /no such image|image not known|pull access denied|manifest (?:for .* )?(?:not found|unknown)/i,
  },
  { code: 'IMAGE_NOT_FOUND', text: /repository does not exist|failed to resolve reference|invalid reference format/i },
  { code: 'IMAGE_NOT_FOUND', status: [404], text: /image .* not found|not found: manifest/i },
  {
    code: 'CONTAINER_NAME_TAKEN',
    text: /container name .* is already in use|name .* is in use: container already exists/i,
  },
  { code: 'CONTAINER_NOT_FOUND', text: /no such container|no container with (?:name or )?id|marked for removal/i },
  {
    code: 'CONTAINER_FAILED',
    text: /oci runtime|runc|crun|failed to create (?:task|shim)|container_linux\.go|executable file not found/i,
  },
  {
    code: 'CONTAINER_FAILED',
    text: /exec format error|no such file or directory|permission denied|not a directory|cannot allocate/i,
  },
  { code: 'CONTAINER_FAILED', status: [400], text: /./s },
  {
    code: 'CONTAINER_FAILED',
    text: /bind source path does not exist|invalid mount config|cannot start a stopped process/i,
  },
];

/** A refusal of the engine, as a `ClosError`. `doing` says what was tried: `start web`. */
export function refused(doing: string, status: number, message: string): ClosError {
  const text = message.trim();
  const cause = new EngineAnswer(status, text);
  if (addressTaken.test(text)) {
    const sentence = `The container engine could not ${doing}: another container has the address that it asks for in one of its networks.`;
    return new ClosError('CONTAINER_FAILED', sentence, { cause });
  }
  const taken = parsePortConflict(text);
  if (taken !== null) {
    return new ClosError('PORT_CONFLICT', portSentence(taken), { cause, extra: { text: { ...taken, message: text } } });
  }
  if (halfStarted.test(text)) {
    const sentence =
      'The container engine went down in the middle of an earlier start and cannot start this container any more. It has to be made anew.';
    return new ClosError('CONTAINER_FAILED', sentence, { cause, extra: { needsNewContainer: true } });
  }
  const row = refusals.find((each) => (each.status?.includes(status) ?? true) && each.text.test(text));
  return new ClosError(
    row?.code ?? 'ENGINE_ERROR',
    `The container engine could not ${doing}: ${text || `it answered ${status}`}`,
    {
      cause,
    },
  );
}

/** A fixed address inside a network, of which the engine says no more than this; not a port. */
const addressTaken = /^(?:failed to set up container networking: )?Address already in use$/;

/**
 * The engine was killed in the middle of a start: below it there is more of the container than it remembers. It never cleans that
 * up by itself (seen with Docker 20.10); removing the container does.
 */
const halfStarted =
  /\btask [0-9a-f]{12,64}: already exists|\bid already in use\b|container with (?:given )?id already exists/i;

/** True where no further start can succeed: the container is gone, or the engine has lost hold of it. Make a new one. */
export function needsNewContainer(error: unknown): boolean {
  if (!(error instanceof ClosError)) return false;
  return error.code === 'CONTAINER_NOT_FOUND' || error.extra.needsNewContainer === true;
}

function portSentence(taken: PortConflictText): string {
  const port = taken.port === undefined ? 'A port that the container publishes' : `Port ${taken.port}`;
  const where = taken.address === undefined ? '' : ` on ${taken.address}`;
  const holder = taken.by === 'engine' ? 'another container of this engine' : 'another program on this machine';
  return `${port}${where} is taken by ${holder}.`;
}

/** Failures of a connection before the engine can have read anything. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'EPERM',
  'ENOTSOCK',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** A connection that failed or broke, as `ENGINE_UNAVAILABLE`; `where` names the engine's address. */
export function unreachable(where: string, error: unknown): ClosError {
  const code = codeOf(error);
  const why =
    code === 'ENOENT'
      ? 'there is no socket there; it is probably not running'
      : code === 'ECONNREFUSED'
        ? 'nothing answers there; it is probably not running'
        : code === 'EACCES' || code === 'EPERM'
          ? 'this user may not open it (on Linux, membership of the group "docker" allows it)'
          : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
            ? 'its host name cannot be resolved'
            : `the connection broke${code === null ? '' : ` (${code})`}`;
  return new ClosError('ENGINE_UNAVAILABLE', `The container engine at ${where} cannot be reached: ${why}.`, {
    cause: error,
  });
}

/** The circuit breaker refuses for the reason that opened it. */
export function circuitOpen(reason: string | null, cause: unknown): ClosError {
  return new ClosError('ENGINE_UNAVAILABLE', reason ?? undefined, { cause });
}

export function certificatesUnreadable(where: string, cause: unknown): ClosError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ClosError(
    'ENGINE_UNAVAILABLE',
    `The certificates for the container engine at ${where} cannot be read: ${why}`,
    { cause },
  );
}

export function timedOut(doing: string, timeoutMs: number): ClosError {
  return new ClosError(
    'ENGINE_TIMEOUT',
    `The container engine did not ${doing} within ${Math.round(timeoutMs / 100) / 10} s.`,
  );
}

/** True where the engine may have done the work although its answer never came. */
export function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof ClosError)) return false;
  if (error.code === 'ENGINE_TIMEOUT') return true;
  return error.code === 'ENGINE_UNAVAILABLE' && error.cause !== undefined && !neverSent.has(codeOf(error.cause) ?? '');
}

/** True for a failure that tells about the engine, not about the request. */
export function isEngineGone(error: unknown): boolean {
  return error instanceof ClosError && (error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT');
}

/** The status of the engine's answer behind an error, if there was one. */
export function answerOf(error: unknown): EngineAnswer | null {
  return error instanceof ClosError && error.cause instanceof EngineAnswer ? error.cause : null;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
