import { Command, Option } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Service } from '#shared/contract/services.ts';
import type { Act } from '../context.ts';
import { withName } from '../names.ts';
import { isUp } from '../output/services.ts';
import { allRoutes } from '../routes.ts';
import { chooseEndpoint, clients, type UrlClient, urlFor } from '../url/service-url.ts';
import { example } from './help.ts';

export function urlCommand(act: Act): Command {
  return new Command('url')
    .description('print the URL of a service, for scripts')
    .argument('<service>', 'its name or id')
    .argument('[endpoint]', 'the first that speaks HTTP without it, else the first')
    .addOption(new Option('--for <client>', 'who will use it').choices(clients).default('browser'))
    .addHelpText('after', example('clos url web', 'psql "$(clos url db)"', 'API=$(clos url api --for node) npm test'))
    .action(
      act(async (context, ...[name, endpoint, options]: [string, string | undefined, { for: UrlClient }]) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const service = await withName(client, name, () => client.services.get({ id: name }));
        const found = await urlOfService(client, { service, endpoint, for: options.for });
        const running = isUp(service);
        await terminal.out(context.json ? JSON.stringify({ ...found, for: options.for, running }) : found.url);
        if (!running && !context.json && !context.quiet) {
          await terminal.err(`${service.name} is ${service.status}. Start it with: clos start ${service.name}`);
        }
        return undefined;
      }),
    );
}

/** The URL of a service's endpoint. ENDPOINT_NOT_FOUND or NOT_FOUND where it has none. */
export async function urlOfService(
  client: Client,
  asked: { service: Service; endpoint: string | undefined; for: UrlClient },
): Promise<{ url: string; endpoint: string }> {
  const { service } = asked;
  const endpoint = chooseEndpoint(service, asked.endpoint);
  if (endpoint === undefined && asked.endpoint !== undefined) {
    const names = service.endpoints.map(({ name }) => name).join(', ');
    const detail = `${service.name} has no endpoint "${asked.endpoint}"${names === '' ? '' : `, but: ${names}`}.`;
    throw new ClosError('ENDPOINT_NOT_FOUND', detail);
  }
  if (endpoint === undefined) throw noUrl(service, 'it has no endpoint.', 'See it: clos ps');
  const url = urlFor(asked.for, { service, endpoint, routes: await allRoutes(client, service.id) });
  if (url !== null) return { url, endpoint: endpoint.name };
  throw noUrl(service, 'it has no port before its first start.', `Start it with: clos start ${service.name}`);
}

function noUrl(service: Service, why: string, advice: string): ClosError {
  return new ClosError('NOT_FOUND', `${service.name} has no URL: ${why}`, { extra: { advice } });
}
