import { Command, Option } from 'commander';
import { type Delivery, deliveryStates } from '#shared/contract/webhooks.ts';
import type { Act } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptText, renderDeliveries, renderWebhooks } from '../output/webhooks.ts';
import { parseEventType } from '../parse/event-type.ts';
import { parseWhole } from '../parse/values.ts';
import { example } from './help.ts';
import { collect } from './options.ts';

export function webhooksCommand(act: Act): Command {
  const command = new Command('webhooks')
    .description('show who is told of events, and how that goes')
    .usage('[options] [command]')
    .helpCommand(false)
    .addHelpText('after', example('clos webhooks'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const page = await client.webhooks.list({ limit: 500 });
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (context.quiet) await terminal.out(...page.items.map(({ id }) => id));
        else if (page.items.length === 0) await terminal.out('There are no webhooks.');
        else
          await terminal.out(
            ...renderWebhooks(page.items, { width: terminal.width, paint: terminal.paint, now: context.now() }),
          );
        return undefined;
      }),
    );
  for (const make of [addCommand, deliveriesCommand, testCommand, disableCommand, enableCommand, removeCommand])
    command.addCommand(make(act));
  return command;
}

function addCommand(act: Act): Command {
  return new Command('add')
    .description('have events posted to a URL')
    .argument('<url>', 'an http or https URL')
    .option('--type <type>', 'only events of this type; give it again for more', collect)
    .option('--subject <id>', 'only events about this; give it again for more', collect)
    .addHelpText('after', example('clos webhooks add http://127.0.0.1:4000/clos --type service.status-changed'))
    .action(
      act(async (context, url: string, flags: { type?: string[]; subject?: string[] }) => {
        const types = flags.type?.map(parseEventType) ?? null;
        const { client } = await context.connect();
        const { terminal } = context;
        const webhook = await client.webhooks.create({ url, types, subjects: flags.subject ?? null });
        if (context.json) await terminal.out(JSON.stringify(webhook));
        else if (context.quiet) await terminal.out(webhook.id, webhook.secret);
        else {
          await terminal.out(
            `${webhook.id} posts ${types === null ? 'all events' : types.join(', ')} to ${webhook.url}.`,
            `Secret: ${webhook.secret}`,
            'It is not shown again. How to check a signature with it: docs/webhooks.md',
          );
        }
        return undefined;
      }),
    );
}

function deliveriesCommand(act: Act): Command {
  return new Command('deliveries')
    .description('list what was sent to a webhook, and what came of it')
    .argument('<webhook>', 'its id')
    .option('-n, --limit <count>', 'at most this many', '20')
    .addOption(new Option('--state <state>', 'only those that are so').choices(deliveryStates))
    .addHelpText('after', example('clos webhooks deliveries whk_01k9 --state failed'))
    .action(
      act(async (context, id: string, flags: { limit: string; state?: Delivery['state'] }) => {
        const limit = parseWhole(flags.limit, '--limit', { min: 1, max: 500 });
        const { client } = await context.connect();
        const { terminal } = context;
        const page = await client.webhooks.deliveries({
          id,
          limit,
          ...(flags.state === undefined ? {} : { state: flags.state }),
        });
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (context.quiet) await terminal.out(...page.items.map((delivery) => delivery.id));
        else if (page.items.length === 0) await terminal.out('There are no such deliveries.');
        else
          await terminal.out(
            ...renderDeliveries(page.items, { width: terminal.width, paint: terminal.paint, now: context.now() }),
          );
        return undefined;
      }),
    );
}

function removeCommand(act: Act): Command {
  return new Command('rm')
    .description('post no more events there')
    .argument('<webhook>', 'its id')
    .addHelpText('after', example('clos webhooks rm whk_01k9'))
    .action(
      act(async (context, id: string) => {
        const { client } = await context.connect();
        await client.webhooks.delete({ id });
        if (context.json) await context.terminal.out(JSON.stringify({ removed: id }));
        else if (!context.quiet) await context.terminal.out(`${id} is removed.`);
        return undefined;
      }),
    );
}

function testCommand(act: Act): Command {
  return new Command('test')
    .description('post an event for a test, and say what came of it')
    .argument('<webhook>', 'its id')
    .addHelpText('after', example('clos webhooks test whk_01k9'))
    .action(
      act(async (context, id: string) => {
        const { client } = await context.connect();
        const attempt = await client.webhooks.test({ id });
        if (context.json) await context.terminal.out(JSON.stringify(attempt));
        else if (!context.quiet) await context.terminal.out(attemptText(attempt));
        return attempt.delivered ? exitCodes.done : exitCodes.failed;
      }),
    );
}

function disableCommand(act: Act): Command {
  return new Command('disable')
    .description('post nothing there until it is enabled again')
    .argument('<webhook>', 'its id')
    .addHelpText('after', example('clos webhooks disable whk_01k9'))
    .action(
      act(async (context, id: string) => {
        const { client } = await context.connect();
        const webhook = await client.webhooks.update({ id, enabled: false });
        if (context.json) await context.terminal.out(JSON.stringify(webhook));
        else if (!context.quiet) await context.terminal.out(`${id} gets no more events.`);
        return undefined;
      }),
    );
}

function enableCommand(act: Act): Command {
  return new Command('enable')
    .description('go on with a webhook that was disabled')
    .argument('<webhook>', 'its id')
    .addHelpText('after', example('clos webhooks enable whk_01k9'))
    .action(
      act(async (context, id: string) => {
        const { client } = await context.connect();
        const webhook = await client.webhooks.update({ id, enabled: true });
        if (context.json) await context.terminal.out(JSON.stringify(webhook));
        else if (!context.quiet) await context.terminal.out(`${id} gets what happens after event ${webhook.seq}.`);
        return undefined;
      }),
    );
}
