import type { Client } from '#shared/client/client.ts';
import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Moment } from '#shared/contract/primitives.ts';
import type { Service } from '#shared/contract/services.ts';
import { withAdvice } from './failure.ts';
import { nearestName } from './nearest.ts';

/** All services, over all pages. */
export async function allServices(client: Client, at?: Moment): Promise<Service[]> {
  const services: Service[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Client['services']['list']>> = await client.services.list({
      limit: 500,
      ...(cursor === null ? {} : { cursor }),
      ...(at === undefined ? {} : { at }),
    });
    services.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return services;
}

/** Does something with a named service; when there is none of that name, the error says which one was probably meant. */
export function withName<T>(client: Client, name: string, work: () => Promise<T>): Promise<T> {
  return withNames(client, [name], work);
}

/** The same with several: the error is about the first that does not exist. */
export async function withNames<T>(client: Client, names: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isClosError(error, 'SERVICE_NOT_FOUND')) throw error;
    throw await suggest(client, names, error);
  }
}

async function suggest(client: Client, names: readonly string[], error: ClosError): Promise<ClosError> {
  const services = await allServices(client).catch(() => []);
  const missing = names.find((ref) => services.every(({ id, name }) => id !== ref && name !== ref));
  if (services.length === 0 || missing === undefined) return error;
  const near = nearestName(
    missing,
    services.map(({ name }) => name),
  );
  return near === null ? error : withAdvice(error, `Did you mean ${near}? See all services: clos ps`);
}
