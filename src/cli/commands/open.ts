import { Command } from 'commander';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Service } from '#shared/contract/services.ts';
import { openInBrowser } from '../browser.ts';
import type { Act } from '../context.ts';
import { withName } from '../names.ts';
import { example } from './help.ts';

export function openCommand(act: Act): Command {
  return new Command('open')
    .description('open a service or the dashboard in the browser')
    .argument('[name]', 'name or id of a service; without it the dashboard, signed in')
    .option('--print', 'print the URL and open nothing')
    .addHelpText('after', example('clos open web'))
    .action(
      act(async (context, name: string | undefined, options: { print?: boolean }) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const url =
          name === undefined
            ? (await client.auth.createSignInLink()).url
            : urlOf(await withName(client, name, () => client.services.get({ id: name })));
        await terminal.out(context.json ? JSON.stringify({ url }) : url);
        if (options.print !== true && !(await openInBrowser(url, context.env))) {
          await terminal.err('No browser could be started here. Open the URL above by hand.');
        }
        return undefined;
      }),
    );
}

function urlOf(service: Service): string {
  const urls = service.endpoints.flatMap(({ url }) => url ?? []);
  const url = urls.find((candidate) => candidate.startsWith('http')) ?? urls[0];
  if (url !== undefined) return url;
  const why = service.endpoints.length === 0 ? 'it has no endpoint.' : 'it has no port before its first start.';
  throw new ClosError('NOT_FOUND', `${service.name} has no URL: ${why}`, {
    extra: { advice: service.endpoints.length === 0 ? 'See it: clos ps' : `Start it with: clos start ${service.name}` },
  });
}
