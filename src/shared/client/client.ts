import type { Contract } from '../contract/contract.ts';
import { contract } from '../contract/contract.ts';
import type { OperationDefinition, OperationInput, OperationOutput } from '../contract/operation-definition.ts';
import { type ItemOf, type Selected, selectedOutput } from '../contract/selection.ts';
import { readLines } from './lines.ts';
import { errorFromResponse } from './problem.ts';
import type { Transport } from './transport.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** The revision that a change was made on, or any ETag. */
  ifMatch?: string | number;
  idempotencyKey?: string;
  /** How long a command may keep the answer back, in seconds; after that it answers with the running operation. */
  waitSeconds?: number;
}

type Whole<D> = Omit<OperationInput<D>, 'fields'>;

/** A read of which only some fields may be asked for: then the answer has these and no others. */
interface SelectingCall<D> {
  <const Field extends keyof ItemOf<OperationOutput<D>>>(
    input: Whole<D> & { fields: readonly Field[] },
    options?: CallOptions,
  ): Promise<Selected<OperationOutput<D>, Field>>;
  (
    ...given: Record<never, never> extends Whole<D>
      ? [input?: Whole<D>, options?: CallOptions]
      : [input: Whole<D>, options?: CallOptions]
  ): Promise<OperationOutput<D>>;
}

type Call<D> = D extends { stream: 'ndjson' }
  ? (input: OperationInput<D>, options?: CallOptions) => Promise<AsyncIterable<OperationOutput<D>>>
  : 'fields' extends keyof OperationInput<D>
    ? SelectingCall<D>
    : Record<never, never> extends OperationInput<D>
      ? (input?: OperationInput<D>, options?: CallOptions) => Promise<OperationOutput<D>>
      : (input: OperationInput<D>, options?: CallOptions) => Promise<OperationOutput<D>>;

/** `client.services.start({ id })`: one function per operation of the contract. */
export type Client = { [G in keyof Contract]: { [N in keyof Contract[G]]: Call<Contract[G][N]> } };

/** Splits a flat input into path, query and body, as the definition says. */
export function encodeRequest(
  operation: OperationDefinition,
  input: Record<string, unknown> = {},
): { method: string; path: string; body?: string } {
  const rest = { ...input };
  const path = operation.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = String(rest[name] ?? '');
    delete rest[name];
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const name of Object.keys(operation.query?.shape ?? {})) {
    if (rest[name] !== undefined) query.set(name, String(rest[name]));
    delete rest[name];
  }
  const search = query.size === 0 ? '' : `?${query}`;
  return {
    method: operation.method,
    path: path + search,
    ...(operation.body === undefined ? {} : { body: JSON.stringify(rest) }),
  };
}

function headersOf(operation: OperationDefinition, options: CallOptions, hasBody: boolean): Record<string, string> {
  return {
    accept: operation.stream === 'ndjson' ? 'application/x-ndjson' : 'application/json',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(options.ifMatch === undefined
      ? {}
      : { 'if-match': typeof options.ifMatch === 'number' ? `"${options.ifMatch}"` : options.ifMatch }),
    ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
    ...(options.waitSeconds === undefined ? {} : { prefer: `wait=${options.waitSeconds}` }),
  };
}

/**
 * Calls one operation over a transport. The answer is parsed by the definition, so a caller may trust its type.
 *
 * Rejects with the server's `ClosError`, or with `CLOS_UNREACHABLE`.
 */
export async function callOperation(
  transport: Transport,
  operation: OperationDefinition,
  { input = {}, options = {} }: { input?: Record<string, unknown> | undefined; options?: CallOptions | undefined },
): Promise<unknown> {
  const request = encodeRequest(operation, input);
  const response = await transport.request(
    {
      ...request,
      headers: headersOf(operation, options, request.body !== undefined),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    { stream: operation.stream !== undefined },
  );
  if (response.status < 200 || response.status > 299) throw errorFromResponse(response);
  const { output } = operation;
  if (output === undefined) return undefined;
  if (operation.stream === 'ndjson') {
    return readLines(response.chunks ?? [response.body], (line) => output.parse(JSON.parse(line)));
  }
  const expected = Array.isArray(input.fields) ? selectedOutput(operation, input.fields.map(String)) : output;
  return expected.parse(JSON.parse(response.body));
}

/** The typed client. Everybody uses it: dashboard, desktop, CLI, and the modules among themselves. */
export function createClient(transport: Transport): Client {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [group, definitions] of Object.entries(contract)) {
    const calls: Record<string, unknown> = {};
    for (const [name, definition] of Object.entries<OperationDefinition>(definitions)) {
      calls[name] = (input?: Record<string, unknown>, options?: CallOptions) =>
        callOperation(transport, definition, { input, options });
    }
    groups[group] = calls;
  }
  // The loop builds exactly what `Client` describes; the compiler cannot follow a mapped type through it.
  return groups as unknown as Client;
}
