import { homedir } from 'node:os';
import { Command } from 'commander';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { withNames } from '../names.ts';
import { commandOptions } from '../operate.ts';
import { renderRoutes, routeLine } from '../output/routes.ts';
import { parseRate, parseTarget } from '../parse/route.ts';
import { allRoutes, findRoute, routeTitle } from '../routes.ts';
import { example } from './help.ts';
import { collect } from './options.ts';
import { setRouteCommand } from './set-route.ts';

export function routesCommand(act: Act): Command {
  const command = new Command('routes')
    .description('show the names, and where they lead')
    .usage('[options] [command]')
    .helpCommand(false)
    .addHelpText('after', example('clos routes'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const routes = await allRoutes(client);
        if (context.json) await terminal.out(JSON.stringify({ items: routes, nextCursor: null }));
        else if (context.quiet) await terminal.out(...routes.map(routeTitle));
        else if (routes.length === 0) {
          await terminal.out('There are no routes: no service has an endpoint that speaks HTTP.');
        } else {
          const view = { width: terminal.width, paint: terminal.paint, userHome: homedir() };
          await terminal.out(...renderRoutes(routes, view));
        }
        return undefined;
      }),
    );
  for (const make of [addCommand, setRouteCommand, removeCommand]) command.addCommand(make(act));
  return command;
}

interface AddFlags {
  to?: string[];
  path?: string;
  strip?: boolean;
  rate?: string;
}

function addCommand(act: Act): Command {
  return new Command('add')
    .description('give a service, or several in turn, another name')
    .argument('<name>', 'such as shop or www.shop; .localhost is added')
    .option('--to <target>', 'SERVICE or SERVICE/ENDPOINT; give it again for more', collect)
    .option('--path <path>', 'only this path and what is below it')
    .option('--strip', 'the service does not see that path')
    .option('--rate <limit>', 'requests a second and at once, such as 100/20')
    .addHelpText('after', example('clos routes add shop --to web', 'clos routes add shop --path /api --to api --strip'))
    .action(
      act(async (context, name: string, { to = [], path, strip, rate }: AddFlags) => {
        if (to.length === 0)
          throw new UsageError('Where shall it lead?', 'Write --to SERVICE or --to SERVICE/ENDPOINT.');
        if (strip === true && path === undefined) {
          throw new UsageError('--strip takes off the path, and none is given.', 'Write --path, such as --path /api.');
        }
        const targets = to.map(parseTarget);
        const rateLimit = rate === undefined ? null : parseRate(rate);
        const { client } = await context.connect();
        const { idempotencyKey = '' } = commandOptions();
        const made = { name, targets, stripPath: strip === true, rateLimit, ...(path === undefined ? {} : { path }) };
        const services = targets.map(({ service }) => service);
        const route = await withNames(client, services, () => client.routes.create(made, { idempotencyKey }));
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(route));
        else await terminal.out(context.quiet ? route.url : routeLine(route));
        return undefined;
      }),
    );
}

function removeCommand(act: Act): Command {
  return new Command('rm')
    .description('take a route away that was made')
    .argument('<route>', 'its name, its name with its path, or its id')
    .addHelpText('after', example('clos routes rm shop', 'clos routes rm shop/api'))
    .action(
      act(async (context, ref: string) => {
        const { client } = await context.connect();
        const route = await findRoute(client, ref);
        await client.routes.delete({ id: route.id });
        if (context.json) await context.terminal.out(JSON.stringify({ removed: route.id }));
        else if (!context.quiet) await context.terminal.out(`${routeTitle(route)} is removed.`);
        return undefined;
      }),
    );
}
