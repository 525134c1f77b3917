import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { mayCall, type Principal } from '#shared/contract/access.ts';
import { ClosError, type InputIssue } from '#shared/contract/clos-error.ts';
import { isCacheable, type OperationDefinition, pipelineErrors } from '#shared/contract/operation-definition.ts';
import { selectedOutput, selectFields } from '#shared/contract/selection.ts';
import { withTrace } from '../trace.ts';
import { encodingFor, worthCompressing } from './compression.ts';
import { toCsv } from './csv.ts';
import { type Call, type Handler, ReadyJson } from './handler.ts';
import type { IdempotencyStore, StoredAnswer } from './idempotency.ts';
import type { KeptAnswers } from './kept-answers.ts';
import { issuesOf } from './problem.ts';
import { bytesOf, matchesTag, type Representation, represent, tagOf } from './representation.ts';

export interface PipelineOptions {
  log: Logger;
  principalOf(request: FastifyRequest): Principal | null;
  /** Parse answers by their definitions too, and refuse what is off. On in tests. */
  strict: boolean;
  idempotency?: IdempotencyStore;
  kept?: KeptAnswers;
}

/** Keeps the answer of a command, where it can be repeated. */
type Keep = (answer: StoredAnswer) => Promise<void>;

/** What a handler says of its answer beside the answer. */
interface Told {
  revision: number | null;
}

const jsonType = 'application/json; charset=utf-8';
const defaultWaitMs = 10_000;
const longestWaitMs = 60_000;

/** Parses one part of a request; what is wrong joins `issues`, with paths as in a flat input. */
function parsePart(schema: z.ZodType | undefined, value: unknown, issues: InputIssue[]): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  issues.push(...issuesOf(parsed.error));
  return undefined;
}

const noQuery = z.strictObject({});

/** `"3"`, `W/"3"` or `*` of If-Match as a revision; null for none or `*`. */
function revisionOf(operation: OperationDefinition, header: string | undefined): number | null {
  if (operation.ifMatch === undefined) return null;
  if (header === undefined) {
    if (operation.ifMatch === 'optional') return null;
    throw new ClosError(
      'PRECONDITION_REQUIRED',
      'Send If-Match with the ETag that you read, so that no change is lost.',
    );
  }
  if (header === '*') return null;
  const match = /^(?:W\/)?"(\d{1,15})(?:-[\w.-]*)?"$/.exec(header);
  if (match === null) {
    throw new ClosError('INVALID_INPUT', 'If-Match does not hold an ETag of this resource.', {
      errors: [{ path: 'headers.if-match', message: 'must be an ETag such as "3"' }],
    });
  }
  return Number(match[1]);
}

function waitOf(header: string | string[] | undefined): number {
  const match = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/.exec(String(header ?? ''));
  return match === null ? defaultWaitMs : Math.min(Number(match[1]) * 1000, longestWaitMs);
}

/** A key is a printable word, so that it can stand in a log. */
function idempotencyKeyOf(operation: OperationDefinition, header: string | string[] | undefined): string | null {
  if (operation.idempotencyKey === undefined || header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new ClosError('INVALID_INPUT', 'The Idempotency-Key cannot be used.', {
    errors: [{ path: 'headers.idempotency-key', message: 'must be 1 to 200 printable characters' }],
  });
}

/** What the contract does not allow an operation to answer is a defect; tests must see it. */
function assertDeclared(operation: OperationDefinition, error: ClosError): void {
  const declared: readonly string[] = [...operation.errors, ...pipelineErrors];
  if (!declared.includes(error.code)) {
    throw new Error(`${operation.id} answered ${error.code}, which its definition does not declare`, { cause: error });
  }
}

function formatOf({ query }: Call<OperationDefinition>): unknown {
  return (query as { format?: unknown } | undefined)?.format;
}

async function* toNdjson(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

/**
 * Registers an operation: permission, parsing, handler, answer. The guard and the sign-in have run before; errors are shaped
 * after. This is the only way from a request to a handler, whether it came over TCP, a socket or the desktop's channel.
 */
export function registerOperation(app: FastifyInstance, handler: Handler, options: PipelineOptions): void {
  const { operation } = handler;
  if (operation.access === undefined) throw new Error(`${operation.id} has neither a permission nor an audience`);

  async function authorise(request: FastifyRequest): Promise<void> {
    const principal = options.principalOf(request);
    if (mayCall(principal, operation.access)) return;
    if (principal === null) {
      throw new ClosError(
        'NOT_SIGNED_IN',
        'Send "Authorization: Bearer clos_…". The key is in credentials.json of the CLOS home.',
      );
    }
    throw new ClosError('NOT_ALLOWED', `"${principal.name}" may not call ${operation.id}.`);
  }

  function toCall(
    request: FastifyRequest,
    reply: FastifyReply,
    { signal, told }: { signal: AbortSignal; told: Told },
  ): Call<OperationDefinition> {
    const issues: InputIssue[] = [];
    const params = parsePart(operation.params, request.params, issues);
    const query = parsePart(operation.query ?? noQuery, request.query, issues);
    const body = parsePart(operation.body, request.body, issues);
    if (issues.length > 0) {
      const [first] = issues;
      throw new ClosError('INVALID_INPUT', `${first?.path || 'the body'}: ${first?.message}`, { errors: issues });
    }
    return {
      params: params as Call<OperationDefinition>['params'],
      query: query as Call<OperationDefinition>['query'],
      body,
      principal: options.principalOf(request),
      requestId: request.id,
      log: options.log.child({ requestId: request.id, operation: operation.id }),
      signal,
      ifMatch: revisionOf(operation, request.headers['if-match']),
      waitMs: waitOf(request.headers.prefer),
      answer: {
        revision: (revision) => {
          told.revision = revision;
        },
        accepted: (location) => void reply.code(202).header('location', location),
        unavailable: () => void reply.code(503),
      },
    };
  }

  /** Leaves out what was not asked for, and holds the rest against the definition, where that is wanted. */
  function shape(output: unknown, query: unknown): unknown {
    const { fields } = (query ?? {}) as { fields?: readonly string[] };
    const isReady = output instanceof ReadyJson;
    const answer = fields === undefined || isReady ? output : selectFields(operation, output as object, fields);
    if (options.strict) {
      const expected = fields === undefined ? operation.output : selectedOutput(operation, fields);
      const parsed = expected?.safeParse(isReady ? JSON.parse(Buffer.from(output.bytes).toString()) : answer);
      if (parsed?.success === false) {
        throw new Error(`${operation.id} answered off its schema: ${JSON.stringify(issuesOf(parsed.error))}`);
      }
    }
    return answer;
  }

  /** A read: its answer has a tag, and who has it already is told so. */
  async function sendRead(request: FastifyRequest, reply: FastifyReply, answer: Representation): Promise<void> {
    const { headers } = request;
    const encoding = answer.body.length < worthCompressing ? null : encodingFor(headers['accept-encoding']);
    const etag = tagOf(answer, encoding);
    reply.headers({ etag, 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' });
    if (reply.statusCode === 200 && matchesTag(headers['if-none-match'], etag)) {
      reply.code(304).send();
      return;
    }
    if (encoding !== null) reply.header('content-encoding', encoding);
    reply.header('content-type', jsonType).send(await bytesOf(answer, encoding));
  }

  /** Answers a command; what it answered is kept first, so that no answer is given that a repetition would not get again. */
  async function sendOutcome(
    reply: FastifyReply,
    { output, told, keep }: { output: unknown; told: Told; keep: Keep },
  ): Promise<void> {
    if (operation.output === undefined) {
      await keep({ status: 204, headers: {}, body: '' });
      reply.code(204).send();
      return;
    }
    const { body, etag } = represent(output, told.revision);
    const location = reply.getHeader('location');
    const headers = {
      ...(told.revision === null ? {} : { etag }),
      ...(typeof location === 'string' ? { location } : {}),
    };
    await keep({ status: reply.statusCode, headers, body: body.toString() });
    reply.headers(headers).header('content-type', jsonType).send(body);
  }

  /** Answers from what is kept. In tests each such answer is made anew and held against it. */
  async function answerKept(
    request: FastifyRequest,
    reply: FastifyReply,
    { kept, signal }: { kept: Representation; signal: AbortSignal },
  ): Promise<void> {
    if (options.strict) {
      const call = toCall(request, reply, { signal, told: { revision: null } });
      const fresh = represent(shape(await handler.run(call), call.query));
      if (fresh.etag !== kept.etag && options.kept?.find(operation.id, request.url) === kept) {
        throw new Error(`${operation.id} is kept although it is old:\n${kept.body}\n${fresh.body}`);
      }
    }
    await sendRead(request, reply, kept);
  }

  async function run(
    request: FastifyRequest,
    reply: FastifyReply,
    { signal, keep }: { signal: AbortSignal; keep: Keep },
  ): Promise<void> {
    const kept = options.kept?.find(operation.id, request.url);
    if (kept !== undefined) {
      await answerKept(request, reply, { kept, signal });
      return;
    }
    const told: Told = { revision: null };
    const call = toCall(request, reply, { signal, told });
    const keepAnswer =
      handler.mayKeep?.(call.query) === true ? options.kept?.begin(operation.id, request.url) : undefined;
    reply.code(operation.status ?? 200);
    try {
      const output = await handler.run(call);
      if (operation.csv !== undefined && formatOf(call) === 'csv') {
        reply.header('content-type', 'text/csv; charset=utf-8; header=present');
        reply.send(Readable.from(toCsv(output as AsyncIterable<unknown>, operation.csv)));
      } else if (operation.stream === 'ndjson') {
        reply.header('content-type', 'application/x-ndjson');
        reply.send(Readable.from(toNdjson(output as AsyncIterable<unknown>)));
      } else if (isCacheable(operation)) {
        const answer = represent(shape(output, call.query), told.revision);
        keepAnswer?.(answer);
        await sendRead(request, reply, answer);
      } else {
        await sendOutcome(reply, { output: shape(output, call.query), told, keep });
      }
    } catch (error) {
      if (options.strict && error instanceof ClosError) assertDeclared(operation, error);
      throw error;
    }
  }

  /** Runs the command at most once per key; the same request again gets the same answer. */
  async function runOnce(
    store: IdempotencyStore,
    key: string,
    { request, reply, signal }: { request: FastifyRequest; reply: FastifyReply; signal: AbortSignal },
  ): Promise<void> {
    const claim = { principal: options.principalOf(request)?.id ?? '', key };
    const fingerprint = createHash('sha256')
      .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest('hex');
    const stored = await store.claim({ ...claim, fingerprint });
    if (stored !== 'claimed') {
      reply
        .code(stored.status)
        .headers({
          ...stored.headers,
          'idempotency-replayed': 'true',
          'content-type': jsonType,
        })
        .send(stored.body);
      return;
    }
    try {
      await run(request, reply, { signal, keep: (answer) => store.finish(claim, answer) });
    } catch (error) {
      // A refusal changed nothing, so the key may be used for the next try.
      await store.release(claim);
      throw error;
    }
  }

  app.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: false,
    onRequest: authorise,
    config: { operation },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('the caller went away')));
      const key = idempotencyKeyOf(operation, request.headers['idempotency-key']);
      const { idempotency } = options;
      await withTrace(request.id, () =>
        key !== null && idempotency !== undefined
          ? runOnce(idempotency, key, { request, reply, signal: gone.signal })
          : run(request, reply, { signal: gone.signal, keep: async () => undefined }),
      );
      return reply;
    },
  });
}
