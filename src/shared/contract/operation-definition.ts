import type { z } from 'zod';
import type { Access, ModuleName } from './access.ts';
import type { ErrorCode } from './errors.ts';

type ObjectSchema = z.ZodObject;

/** Names whose values stand in the path, the query and the body must differ, so that a caller may give them in one object. */
export interface OperationDefinition<
  P extends ObjectSchema | undefined = ObjectSchema | undefined,
  Q extends ObjectSchema | undefined = ObjectSchema | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  O extends z.ZodType | undefined = z.ZodType | undefined,
> {
  /** `noun.verb`, also the OpenAPI operationId. */
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{params}`. Public operations start with `/api/v2/`, those between modules with `/internal/`. */
  path: string;
  summary: string;
  /** The module that answers it. */
  module: ModuleName | 'every';
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  /** What a 2xx carries. Absent: nothing (204). */
  output?: O;
  /** `ndjson`: a stream of `output`s, one JSON value a line. */
  stream?: 'ndjson';
  /** The columns of a stream that can also be had as CSV, by `?format=csv`: paths, one level down at most. */
  csv?: readonly string[];
  /** A read of this very moment, such as who listens: no answer to it is good for a second time. */
  volatile?: true;
  /** The status of success, 200 unless said otherwise. `accepted` operations may also answer 202 with the same body. */
  status?: 200 | 201 | 204;
  accepted?: true;
  /** A change that must name the revision it was made on, by If-Match. */
  ifMatch?: 'required' | 'optional';
  /** A command whose repetition under one Idempotency-Key is answered with the first answer. */
  idempotencyKey?: true;
  /** The failures that belong to this operation, beside those of the pipeline. */
  errors: readonly ErrorCode[];
  deprecated?: { since: string; use: string };
}

/** True for a read whose answer may be stored and asked about again: it carries an ETag. */
export function isCacheable({ method, stream, volatile }: OperationDefinition): boolean {
  return method === 'GET' && stream === undefined && volatile === undefined;
}

/** Failures that the pipeline itself may answer on any operation. */
export const pipelineErrors = [
  'INVALID_INPUT',
  'MALFORMED_BODY',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
  'NOT_SIGNED_IN',
  'NOT_ALLOWED',
  'HOST_NOT_ALLOWED',
  'ORIGIN_NOT_ALLOWED',
  'SHUTTING_DOWN',
  'MODULE_UNAVAILABLE',
  'STORAGE_FULL',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

export function defineOperation<
  const P extends ObjectSchema | undefined = undefined,
  const Q extends ObjectSchema | undefined = undefined,
  const B extends z.ZodType | undefined = undefined,
  const O extends z.ZodType | undefined = undefined,
>(definition: OperationDefinition<P, Q, B, O>): OperationDefinition<P, Q, B, O> {
  return definition;
}

/** An operation whose answer is a stream of values, one JSON line each. */
export function defineStream<
  const P extends ObjectSchema | undefined = undefined,
  const Q extends ObjectSchema | undefined = undefined,
  const O extends z.ZodType | undefined = undefined,
>(
  definition: Omit<OperationDefinition<P, Q, undefined, O>, 'stream'>,
): OperationDefinition<P, Q, undefined, O> & { stream: 'ndjson' } {
  return { ...definition, stream: 'ndjson' };
}

type InputOf<S> = S extends z.ZodType ? z.input<S> : unknown;
type ParsedOf<S> = S extends z.ZodType ? z.output<S> : undefined;
type Flat<T> = T extends object ? { [K in keyof T]: T[K] } : T;

/** What a caller gives: path parameters, query and body in one object. */
export type OperationInput<D> =
  D extends OperationDefinition<infer P, infer Q, infer B, z.ZodType | undefined>
    ? Flat<InputOf<P> & InputOf<Q> & InputOf<B>>
    : never;

/** What a handler gets: each part parsed. */
export type ParsedParams<D> =
  D extends OperationDefinition<infer P, infer _Q, infer _B, infer _O> ? ParsedOf<P> : never;
export type ParsedQuery<D> = D extends OperationDefinition<infer _P, infer Q, infer _B, infer _O> ? ParsedOf<Q> : never;
export type ParsedBody<D> = D extends OperationDefinition<infer _P, infer _Q, infer B, infer _O> ? ParsedOf<B> : never;

/** What a success carries. */
export type OperationOutput<D> =
  D extends OperationDefinition<infer _P, infer _Q, infer _B, infer O>
    ? O extends z.ZodType
      ? z.output<O>
      : undefined
    : never;
