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
    /** Sets the ETag from a revision; a GET with the same If-None-Match is answered 304. */
    revision(revision: number): void;
    /** Answers 202 with the Location of the running operation instead of 200. */
    accepted(location: string): void;
    /** A ready module answers 200, one that is not 503, with the same body. */
    unavailable(): void;
  };
}

type Result<D> = D extends { stream: 'ndjson' } ? AsyncIterable<OperationOutput<D>> : OperationOutput<D>;

export interface Handler {
  operation: OperationDefinition;
  run(call: Call<OperationDefinition>): Promise<unknown>;
}

/** Binds a handler to its definition; the types of what it gets and gives come from there. */
export function handle<D extends OperationDefinition>(
  operation: D,
  run: (call: Call<D>) => Promise<Result<D>> | Result<D>,
): Handler {
  // The pipeline parses by `operation` before it calls `run`, so the call has D's types.
  return { operation, run: async (call) => run(call as unknown as Call<D>) };
}
