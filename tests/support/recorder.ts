import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Transport, TransportRequest, TransportResponse } from '#shared/client/transport.ts';
import { createOpenApi } from '#shared/contract/openapi.ts';

type Json = Record<string, unknown>;

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonAt(value: unknown, ...path: readonly (string | number)[]): Json | null {
  let at: unknown = value;
  for (const key of path) at = isJson(at) ? at[key] : undefined;
  return isJson(at) ? at : null;
}

/** OpenAPI 3.0's own words as JSON Schema: `nullable`, and the `exclusive…: true` of draft 4. */
function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isJson(schema)) return schema;
  const { nullable, exclusiveMinimum, exclusiveMaximum, example: _example, ...rest } = schema;
  const converted: Json = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]));
  if (exclusiveMinimum === true) {
    converted.exclusiveMinimum = converted.minimum;
    delete converted.minimum;
  } else if (typeof exclusiveMinimum === 'number') converted.exclusiveMinimum = exclusiveMinimum;
  if (exclusiveMaximum === true) {
    converted.exclusiveMaximum = converted.maximum;
    delete converted.maximum;
  } else if (typeof exclusiveMaximum === 'number') converted.exclusiveMaximum = exclusiveMaximum;
  return nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
}

/** One request and what came back; a stream has no body. */
export interface Exchange {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  body: string | null;
}

export interface ContractRecorder {
  /** What a public operation answered, held against the document; what is wrong, or null. */
  check(exchange: Exchange): string | null;
  /** The operations that were seen, as `services.get 200`. */
  readonly seen: ReadonlySet<string>;
}

interface Operation {
  id: string;
  method: string;
  pattern: RegExp;
  responses: Json;
}

/** Holds exchanges against an OpenAPI document: status, content type, body, and the length of an empty one. */
export function createContractRecorder(document: unknown): ContractRecorder {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openapi', components: toJsonSchema(jsonAt(document, 'components')) });
  const validators = new Map<string, ValidateFunction>();
  const seen = new Set<string>();
  const operations: Operation[] = Object.entries(jsonAt(document, 'paths') ?? {})
    .flatMap(([path, item]) =>
      Object.entries(isJson(item) ? item : {}).map(([method, operation]) => ({
        id: String(jsonAt(operation)?.operationId),
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
        responses: jsonAt(operation, 'responses') ?? {},
      })),
    )
    // What is written out comes before what any word stands for: /ports/leases before /ports/{port}.
    .sort((a, b) => Number(a.pattern.source.includes('[^/]+')) - Number(b.pattern.source.includes('[^/]+')));

  function validatorOf(key: string, schema: Json): ValidateFunction {
    const known = validators.get(key);
    if (known !== undefined) return known;
    const text = JSON.stringify(toJsonSchema(schema)).replaceAll('"#/components/', '"openapi#/components/');
    const made = ajv.compile(JSON.parse(text));
    validators.set(key, made);
    return made;
  }

  return {
    seen,
    check({ method, path, status, contentType, body }) {
      const plain = path.split('?')[0] ?? '';
      const operation = operations.find((each) => each.method === method && each.pattern.test(plain));
      if (operation === undefined) return null;
      const what = `${operation.id} ${status}`;
      seen.add(what);
      if (status === 304) return null;
      const response = jsonAt(operation.responses, String(status));
      if (response === null) return `${what}: the status is not documented`;
      const content = jsonAt(response, 'content');
      if (content === null) return body === '' || body === null ? null : `${what}: a body where none is documented`;
      const type = (contentType ?? '').split(';')[0] ?? '';
      const schema = jsonAt(content, type, 'schema');
      if (schema === null) return `${what}: the content type ${type} is not documented`;
      // What was asked for in part lacks fields that the whole must have; the client parses it by a schema of its own.
      if (body === null || (status === 200 && path.includes('fields='))) return null;
      const values = type === 'application/x-ndjson' ? body.split('\n').filter((line) => line !== '') : [body];
      const validate = validatorOf(`${what} ${type}`, schema);
      for (const value of values) {
        if (!validate(type === 'text/csv' ? value : JSON.parse(value)))
          return `${what}: ${ajv.errorsText(validate.errors)}`;
      }
      return null;
    },
  };
}

/** What this build says about itself; that it is what is served is a test of its own. */
const ownRecorder = createContractRecorder(createOpenApi('test'));

function assertRight(exchange: Exchange): void {
  const wrong = ownRecorder.check(exchange);
  if (wrong !== null) throw new Error(`An answer is off the contract. ${wrong}\n${exchange.body ?? ''}`);
}

/** `fetch` whose answers are held against the contract. Streams pass without a look at their lines. */
export async function checkedFetch(baseUrl: string, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(baseUrl + path, init);
  const contentType = response.headers.get('content-type');
  const isStream = contentType?.startsWith('application/x-ndjson') === true;
  const body = isStream ? null : await response.clone().text();
  assertRight({ method: init.method ?? 'GET', path, status: response.status, contentType, body });
  return response;
}

/** A transport whose answers are held against the contract. */
export function checkedTransport(transport: Transport): Transport {
  return {
    async request(request: TransportRequest, options): Promise<TransportResponse> {
      const response = await transport.request(request, options);
      const { status, headers, body, chunks } = response;
      assertRight({
        method: request.method,
        path: request.path,
        status,
        contentType: headers['content-type'] ?? null,
        body: chunks === undefined ? body : null,
      });
      return response;
    },
  };
}
