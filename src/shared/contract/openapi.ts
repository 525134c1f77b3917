import { z } from 'zod';
import { allOperations } from './contract.ts';
import { errorTable } from './errors.ts';
import { isCacheable, type OperationDefinition, pipelineErrors } from './operation-definition.ts';

type Json = Record<string, unknown>;

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _schema, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    // Not a format that anybody knows; the pattern beside it says the same.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'starts_with') delete jsonSchema.format;
    },
  });
  return json;
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !field.safeParse(undefined).success,
    schema: toSchema(field as z.ZodType, 'input'),
  }));
}

function headersOf(operation: OperationDefinition): Json[] {
  const header = (name: string, description: string, required = false) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  return [
    ...(isCacheable(operation)
      ? [header('If-None-Match', 'The ETag of an answer that you have: 304 if it is still the same')]
      : []),
    ...(operation.ifMatch === undefined
      ? []
      : [header('If-Match', 'The ETag that the change was made on', operation.ifMatch === 'required')]),
    ...(operation.idempotencyKey === undefined
      ? []
      : [header('Idempotency-Key', 'The same key and request again gets the first answer')]),
    ...(operation.accepted === undefined
      ? []
      : [header('Prefer', 'wait=SECONDS: how long to wait before 202, 10 at first, 60 at most')]),
  ];
}

const etagHeader = { description: 'A strong tag of the answer, for If-None-Match', schema: { type: 'string' } };

function responsesOf(operation: OperationDefinition): Json {
  const responses: Json = {};
  const content =
    operation.output === undefined
      ? undefined
      : {
          [operation.stream === 'ndjson' ? 'application/x-ndjson' : 'application/json']: {
            schema: toSchema(operation.output, 'output'),
          },
          ...(operation.csv === undefined ? {} : { 'text/csv': { schema: { type: 'string' } } }),
        };
  const success = operation.output === undefined ? 204 : (operation.status ?? 200);
  responses[success] = { description: 'Done', ...(content === undefined ? {} : { content }) };
  if (isCacheable(operation)) {
    responses[success] = { description: 'Done', headers: { ETag: etagHeader }, content };
    responses[304] = { description: 'The answer that you have is still the same' };
  }
  if (operation.accepted) responses[202] = { description: 'Still running; Location names the operation', content };
  const byStatus = new Map<number, string[]>();
  for (const code of [...operation.errors, ...pipelineErrors]) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  for (const [status, codes] of byStatus) {
    responses[status] = {
      description: codes.join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

const problem = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** The public surface as an OpenAPI 3.0.3 document (https://spec.openapis.org/oas/v3.0.3), from the definitions alone. */
export function createOpenApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const operation of allOperations) {
    const { access } = operation;
    if ('audience' in access && access.audience === 'module') continue;
    const item = paths[operation.path] ?? {};
    item[operation.method.toLowerCase()] = {
      operationId: operation.id,
      summary: operation.summary,
      tags: [operation.id.split('.')[0]],
      ...(operation.deprecated === undefined ? {} : { deprecated: true }),
      security: 'audience' in access ? [] : [{ bearer: [] }],
      ...('permission' in access ? { 'x-permission': access.permission } : {}),
      parameters: [
        ...parametersOf(operation.params, 'path'),
        ...parametersOf(operation.query, 'query'),
        ...headersOf(operation),
      ],
      ...(operation.body === undefined
        ? {}
        : {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: toSchema(operation.body, 'input') } },
            },
          }),
      responses: responsesOf(operation),
    };
    paths[operation.path] = item;
  }
  return {
    openapi: '3.0.3',
    info: {
      title: 'CLOS',
      version,
      description: 'Every local service has an owner, a port, a name, a health and a history.',
    },
    security: [{ bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } }, schemas: { Problem: problem } },
  };
}
