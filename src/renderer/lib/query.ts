import { QueryClient, queryOptions } from '@tanstack/react-query';
import { callOperation } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { OperationDefinition, OperationInput, OperationOutput } from '#shared/contract/operation-definition.ts';
import { connection } from './connection.ts';

/** Every answer is kept under the operation's id and its input, so an event can name what it makes stale by the id alone. */
export function operationKey(operation: OperationDefinition, input: object = {}): readonly [string, object] {
  return [operation.id, input];
}

/** The options of a React Query read, from the operation's definition. */
export function operationQuery<D extends OperationDefinition>(operation: D, input?: OperationInput<D>) {
  const given: Record<string, unknown> = Object.assign({}, input);
  return queryOptions({
    queryKey: operationKey(operation, given),
    // `callOperation` has parsed the answer by this very definition.
    queryFn: ({ signal }) =>
      callOperation(connection.transport, operation, { input: given, options: { signal } }) as Promise<
        OperationOutput<D>
      >,
  });
}

type ItemOf<D> = OperationOutput<D> extends { items: Array<infer T>; nextCursor: string | null } ? T : never;

/** All pages of a list as one array: what is on the screen is filtered and counted there, and stays whole while it is. */
export function listQuery<D extends OperationDefinition>(operation: D, input?: OperationInput<D>) {
  const given: Record<string, unknown> = Object.assign({}, input);
  return queryOptions({
    queryKey: operationKey(operation, { ...given, pages: 'all' }),
    queryFn: async ({ signal }): Promise<Array<ItemOf<D>>> => {
      const all: Array<ItemOf<D>> = [];
      let cursor: string | null = null;
      do {
        const request = { ...given, limit: 500, ...(cursor === null ? {} : { cursor }) };
        const page = (await callOperation(connection.transport, operation, {
          input: request,
          options: { signal },
        })) as {
          items: Array<ItemOf<D>>;
          nextCursor: string | null;
        };
        all.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      return all;
    },
  });
}

const worthAnotherTry = ['CLOS_UNREACHABLE', 'MODULE_UNAVAILABLE', 'SHUTTING_DOWN'] as const;

/** The live connection says when something is stale, so nothing grows old by the clock. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'always',
      retry: (failures, error) => failures < 2 && isClosError(error, ...worthAnotherTry),
      retryDelay: (failures) => 250 * 2 ** failures,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
