import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { mayCall, type Principal, permissions, rolePermissions, roles } from '#shared/contract/access.ts';
import { allOperations, contract } from '#shared/contract/contract.ts';
import { errorTable } from '#shared/contract/errors.ts';
import { eventTypes } from '#shared/contract/events.ts';
import { createOpenApi } from '#shared/contract/openapi.ts';
import { pipelineErrors } from '#shared/contract/operation-definition.ts';

function duplicates(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('the contract', () => {
  it('names each operation once, after its place in the contract', () => {
    const named = Object.entries(contract).flatMap(([group, definitions]) =>
      Object.keys(definitions).map((name) => `${group}.${name}`),
    );

    expect(allOperations.map(({ id }) => id)).toEqual(named);
  });

  it('gives each method and path to one operation', () => {
    expect(duplicates(allOperations.map(({ method, path }) => `${method} ${path}`))).toEqual([]);
  });

  it('lets path, query and body share no name, since callers give them in one object', () => {
    const clashes = allOperations.filter(({ params, query, body }) => {
      const bodyNames = body !== undefined && 'shape' in body ? Object.keys(body.shape as object) : [];
      const names = [...Object.keys(params?.shape ?? {}), ...Object.keys(query?.shape ?? {}), ...bodyNames];
      return duplicates(names).length > 0;
    });

    expect(clashes.map(({ id }) => id)).toEqual([]);
  });

  it('declares exactly the parameters that stand in the path', () => {
    const wrong = allOperations.filter(({ path, params }) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      return JSON.stringify(inPath) !== JSON.stringify(Object.keys(params?.shape ?? {}));
    });

    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it('opens public operations by a permission and those between modules to modules only', () => {
    const open = allOperations.filter(({ access }) => 'audience' in access && access.audience === 'anyone');
    const closed = allOperations.filter(({ access }) => 'audience' in access && access.audience === 'module');

    expect(open.map(({ id }) => id)).toEqual(['auth.signIn', 'module.livez']);
    expect(closed.map(({ id }) => id)).toEqual(Object.keys(contract.internal).map((name) => `internal.${name}`));
    expect(closed.filter(({ path }) => !path.startsWith('/internal/'))).toEqual([]);
  });

  it('never changes anything on a GET', () => {
    const changing = new Set([
      'services:write',
      'services:operate',
      'conflicts:resolve',
      'ports:write',
      'system:admin',
    ]);
    const wrong = allOperations.filter(
      ({ method, access }) => method === 'GET' && 'permission' in access && changing.has(access.permission),
    );

    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  it('names in its events only operations that exist', () => {
    const ids = new Set(allOperations.map(({ id }) => id));
    const unknown = Object.values(eventTypes).flatMap(({ stale }) => stale.filter((id) => !ids.has(id)));

    expect(unknown).toEqual([]);
  });

  it('gives every error code a status of the right kind and a title', () => {
    const wrong = Object.entries(errorTable).filter(
      ([code, { status, title }]) =>
        !/^[A-Z][A-Z_]+$/.test(code) || status < 400 || status > 599 || title.endsWith('.'),
    );

    expect(wrong).toEqual([]);
  });

  it('is a valid OpenAPI 3.0.3 document with every public operation', async () => {
    const document = createOpenApi('2.0.0');
    const result = await new Validator().validate(structuredClone(document));
    const documented = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>)
      .flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
      .sort();
    const wanted = allOperations.filter(({ path }) => !path.startsWith('/internal/')).map(({ id }) => id);

    expect(result).toEqual({ valid: true });
    expect(documented).toEqual([...wanted].sort());
  });

  it('declares in OpenAPI every failure of an operation, the pipeline’s own too', () => {
    const document = createOpenApi('2.0.0') as {
      paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
    };
    const start = document.paths['/api/v2/services/{id}/start']?.post?.responses ?? {};
    const told = Object.values(start).flatMap(({ description }) => description.split(', '));

    expect([...contract.services.start.errors, ...pipelineErrors].filter((code) => !told.includes(code))).toEqual([]);
  });
});

describe('access', () => {
  const as = (role: (typeof roles)[number]): Principal => ({ type: 'key', id: 'key_1', name: 'k', role });

  it('lets viewers read, operators act, admins do everything', () => {
    const writes = ['services:write', 'services:operate', 'ports:write', 'conflicts:resolve', 'system:admin'] as const;
    const matrix = Object.fromEntries(
      roles.map((role) => [role, writes.filter((permission) => mayCall(as(role), { permission }))]),
    );

    expect(matrix).toEqual({
      viewer: [],
      operator: ['services:operate', 'conflicts:resolve'],
      admin: [...writes],
    });
    expect([...rolePermissions.admin]).toEqual([...permissions]);
  });

  it('keeps the operations between modules from every key', () => {
    const module: Principal = { type: 'module', id: 'worker', name: 'worker' };
    const access = { audience: 'module' } as const;

    expect([mayCall(null, access), mayCall(as('admin'), access), mayCall(module, access)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
