import { Command } from 'commander';
import type { Route } from '#shared/contract/routes.ts';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { withNames } from '../names.ts';
import { routeLine } from '../output/routes.ts';
import { parseRate, parseTarget, type TargetRef } from '../parse/route.ts';
import { findRoute, routeTitle } from '../routes.ts';
import { example } from './help.ts';
import { collect } from './options.ts';

interface SetFlags {
  to?: string[];
  drain?: string[];
  undrain?: string[];
  strip?: boolean;
  rate?: string;
}

export function setRouteCommand(act: Act): Command {
  return new Command('set')
    .description('change a route that was made')
    .argument('<route>', 'its name, its name with its path, or its id')
    .option('--to <target>', 'lead it here instead; give it again for more', collect)
    .option('--drain <target>', 'send it nothing new; what it has goes on', collect)
    .option('--undrain <target>', 'send it something again', collect)
    .option('--strip', 'the service does not see the path')
    .option('--no-strip', 'the service sees the path')
    .option('--rate <limit>', 'requests a second and at once, such as 100/20, or none')
    .addHelpText('after', example('clos routes set shop --drain web', 'clos routes set shop --rate none'))
    .action(
      act(async (context, ref: string, { to, drain = [], undrain = [], strip, rate }: SetFlags) => {
        const draining = [
          ...drain.map((target) => ({ ...parseTarget(target), draining: true })),
          ...undrain.map((target) => ({ ...parseTarget(target), draining: false })),
        ];
        if (to === undefined && draining.length === 0 && strip === undefined && rate === undefined) {
          throw new UsageError('What shall be changed?', 'See what can be: clos routes set --help');
        }
        const limit = rate === undefined ? {} : { rateLimit: parseRate(rate) };
        const wanted = to?.map(parseTarget);
        const { client } = await context.connect();
        const route = await findRoute(client, ref);
        const targets = drained(route, wanted ?? targetsOf(route), draining);
        const change = {
          ...limit,
          ...(wanted === undefined && draining.length === 0 ? {} : { targets }),
          ...(strip === undefined ? {} : { stripPath: strip }),
        };
        const services = targets.map(({ service }) => service);
        const changed = await withNames(client, services, () => client.routes.update({ id: route.id, ...change }));
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(changed));
        else if (!context.quiet) await terminal.out(routeLine(changed));
        return undefined;
      }),
    );
}

interface Target extends TargetRef {
  draining: boolean;
}

function targetsOf({ targets }: Route): Target[] {
  return targets.map(({ service, endpoint, draining }) => ({ service: service.name, endpoint, draining }));
}

/** The targets with those set to drain, or to drain no more, that are named. Throws `UsageError` for one that is not there. */
function drained(route: Route, targets: readonly TargetRef[], changes: readonly Target[]): Target[] {
  const after = targets.map((target): Target => ({ draining: false, ...target }));
  for (const { service, endpoint, draining } of changes) {
    const meant = after.filter(
      (target) => target.service === service && (endpoint === undefined || target.endpoint === endpoint),
    );
    if (meant.length === 0) {
      const names = after.map((target) => target.service).join(', ');
      throw new UsageError(
        `${routeTitle(route)} does not lead to ${service}${endpoint === undefined ? '' : `/${endpoint}`}.`,
        `It leads to ${names === '' ? 'nowhere' : names}. See it: clos routes`,
      );
    }
    for (const target of meant) target.draining = draining;
  }
  return after;
}
