import { Command } from 'commander';
import type { Moment } from '#shared/contract/primitives.ts';
import type { Connection } from '../connect.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { followEvents } from '../follow.ts';
import { allServices } from '../names.ts';
import { renderServices } from '../output/services.ts';
import { parseMoment } from '../parse/values.ts';
import { example } from './help.ts';

export function psCommand(act: Act): Command {
  return new Command('ps')
    .alias('ls')
    .description('list the services')
    .option('-w, --watch', 'stay, and show every change')
    .option('--at <moment>', 'as they were: a time, how long ago, or the number of an event')
    .addHelpText('after', example('clos ps --watch', 'clos ps --at 10m'))
    .action(
      act(async (context, options: { watch?: boolean; at?: string }) => {
        const at = options.at === undefined ? undefined : momentOf(options.at, context.now());
        if (at !== undefined && options.watch === true)
          throw new UsageError('--at shows the past, and that does not change: leave out --watch.');
        const connection = await context.connect();
        if (options.watch !== true) return void (await print(context, connection, at));
        const { seq } = await connection.client.system.status();
        await context.terminal.clear();
        await print(context, connection);
        for await (const batch of followEvents(context, connection, { after: seq })) {
          if (batch?.every(({ subject }) => subject.type !== 'service' && subject.type !== 'lease')) continue;
          await context.terminal.clear();
          await print(context, connection);
        }
        return undefined;
      }),
    );
}

/** The number of an event, a time, or how long ago. */
function momentOf(value: string, now: number): Moment {
  return /^\d{1,15}$/.test(value) ? Number(value) : parseMoment(value, now, '--at');
}

async function print(context: CliContext, { client }: Connection, at?: Moment): Promise<void> {
  const { terminal } = context;
  const services = await allServices(client, at);
  if (context.json) return terminal.out(JSON.stringify({ items: services, nextCursor: null }));
  if (context.quiet) return services.length === 0 ? undefined : terminal.out(...services.map(({ name }) => name));
  if (services.length === 0) {
    if (at !== undefined) return terminal.out('There were no services then.');
    return terminal.out('No services yet. Add one: clos create web --image nginx -p auto:80');
  }
  await terminal.out(...renderServices(services, { width: terminal.width, paint: terminal.paint, now: context.now() }));
  if (at !== undefined) return;
  const conflicts = await client.conflicts.list({ state: 'open', limit: 1 });
  if (conflicts.items.length > 0) await terminal.out('A conflict is open: clos conflicts');
}
