import type { Logger } from 'pino';
import type { Principal } from '#shared/contract/access.ts';
import type {
  OperationDefinition,
  OperationOutput,
  ParsedBody,
  ParsedParams,
  ParsedQuery,
} from '#shared/contract/operation-definition.ts';

/** One request as a handler sees it: parsed, permitted, and nothing of HTTP but what matters to it. */
export interface Call<D> {
  params: ParsedParams<D>;
  query: ParsedQuery<D>;
  body: ParsedBody<D>;
  /** Null only where the operation is open to anyone. */
  principal: Principal | null;
  requestId: string;
  log: Logger;
  /** Fires when the caller goes away. */
  signal: AbortSignal;
  /** The revision named by If-Match. */
  ifMatch: number | null;
  /** How long the caller wants to wait for a command to finish (Prefer: wait). */
  waitMs: number;
  answer: {
    /** Puts the revision of the thing that is told into the ETag, so that If-Match can name it. */
    revision(revision: number): void;
    /** Answers 202 with the Location of the running operation instead of 200. */
    accepted(location: string): void;
    /** A ready module answers 200, one that is not 503, with the same body. */
    unavailable(): void;
  };
}

/** An answer that is JSON already, with only the fields that were asked for. The whole buffer is the answer. */
export class ReadyJson {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }
}

type Result<D> = D extends { stream: 'ndjson' } ? AsyncIterable<OperationOutput<D>> : OperationOutput<D> | ReadyJson;

export interface Handler {
  operation: OperationDefinition;
  run(call: Call<OperationDefinition>): Promise<unknown>;
  /** Of a read that is asked for again and again: whether the answer to such a query may be kept until an event makes it old. */
  mayKeep?(query: unknown): boolean;
}

/** Binds a handler to its definition; the types of what it gets and gives come from there. */
export function handle<D extends OperationDefinition>(
  operation: D,
  run: (call: Call<D>) => Promise<Result<D>> | Result<D>,
): Handler {
  // The pipeline parses by `operation` before it calls `run`, so the call has D's types.
  return { operation, run: async (call) => run(call as unknown as Call<D>) };
}

/** A read whose answers are kept, see `KeptAnswers`. They must depend on the query and on the database alone. */
export function handleKept<D extends OperationDefinition>(
  operation: D,
  run: (call: Call<D>) => Promise<Result<D>> | Result<D>,
  mayKeep: (query: ParsedQuery<D>) => boolean = () => true,
): Handler {
  return { ...handle(operation, run), mayKeep: (query) => mayKeep(query as ParsedQuery<D>) };
}
