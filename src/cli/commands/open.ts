import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { openInBrowser } from '../browser.ts';
import type { Act } from '../context.ts';
import { withName } from '../names.ts';
import { example } from './help.ts';
import { urlOfService } from './url.ts';

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
        const url = name === undefined ? (await client.auth.createSignInLink()).url : await urlOf(client, name);
        await terminal.out(context.json ? JSON.stringify({ url }) : url);
        if (options.print !== true && !(await openInBrowser(url, context.env))) {
          await terminal.err('No browser could be started here. Open the URL above by hand.');
        }
        return undefined;
      }),
    );
}

async function urlOf(client: Client, name: string): Promise<string> {
  const service = await withName(client, name, () => client.services.get({ id: name }));
  return (await urlOfService(client, { service, endpoint: undefined, for: 'browser' })).url;
}
