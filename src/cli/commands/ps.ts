import { Command } from 'commander';
import type { Connection } from '../connect.ts';
import type { Act, CliContext } from '../context.ts';
import { followEvents } from '../follow.ts';
import { allServices } from '../names.ts';
import { renderServices } from '../output/services.ts';
import { example } from './help.ts';

export function psCommand(act: Act): Command {
  return new Command('ps')
    .alias('ls')
    .description('list the services')
    .option('-w, --watch', 'stay, and show every change')
    .addHelpText('after', example('clos ps --watch'))
    .action(
      act(async (context, options: { watch?: boolean }) => {
        const connection = await context.connect();
        if (options.watch !== true) return void (await print(context, connection));
        const { seq } = await connection.client.system.status();
        await context.terminal.clear();
        await print(context, connection);
        for await (const batch of followEvents(context, connection, { after: seq })) {
          if (batch.every(({ subject }) => subject.type !== 'service' && subject.type !== 'lease')) continue;
          await context.terminal.clear();
          await print(context, connection);
        }
        return undefined;
      }),
    );
}

async function print(context: CliContext, { client }: Connection): Promise<void> {
  const { terminal } = context;
  const services = await allServices(client);
  if (context.json) return terminal.out(JSON.stringify({ items: services, nextCursor: null }));
  if (context.quiet) return services.length === 0 ? undefined : terminal.out(...services.map(({ name }) => name));
  if (services.length === 0) {
    return terminal.out('No services yet. Add one: clos create web --image nginx -p auto:80');
  }
  await terminal.out(...renderServices(services, { width: terminal.width, paint: terminal.paint, now: context.now() }));
  const conflicts = await client.conflicts.list({ state: 'open', limit: 1 });
  if (conflicts.items.length > 0) await terminal.out('A conflict is open: clos conflicts');
}
