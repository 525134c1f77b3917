import { Command } from 'commander';
import type { Service } from '#shared/contract/services.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { withName } from '../names.ts';
import { settle } from '../operate.ts';
import { portsText } from '../output/services.ts';
import { askYes } from '../prompt.ts';
import { forEachName } from '../report.ts';
import { example } from './help.ts';

export function rmCommand(act: Act): Command {
  return new Command('rm')
    .description('stop services, remove them, free their ports')
    .argument('<name...>', 'names or ids of services')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', example('clos rm web'))
    .action(
      act((context, names: string[], options: { yes?: boolean }) =>
        forEachName(context, names, async (client, name) => {
          const service = await withName(client, name, () => client.services.get({ id: name }));
          if (options.yes !== true && !(await agrees(context, service))) {
            await context.terminal.err(`${service.name} stays.`);
            return;
          }
          const operation = await settle(
            context,
            client,
            await client.services.delete({ id: service.id }, { waitSeconds: 10 }),
          );
          if (context.json) await context.terminal.out(JSON.stringify(operation));
          else if (!context.quiet) await context.terminal.out(removedLine(service));
        }),
      ),
    );
}

/** True when its removal ends something. What CLOS only watches goes on. */
function isActive({ status, runtime }: Service): boolean {
  return runtime.type !== 'external' && status !== 'created' && status !== 'stopped' && status !== 'failed';
}

function leasesText(service: Service): string | null {
  return service.endpoints.some(({ lease }) => lease !== null) ? portsText(service) : null;
}

function removedLine(service: Service): string {
  const ports = leasesText(service);
  return `${service.name} is removed.${ports === null ? '' : ` ${ports} is free for others.`}`;
}

async function agrees(context: CliContext, service: Service): Promise<boolean> {
  if (!context.terminal.interactive) {
    if (!isActive(service)) return true;
    throw new UsageError(
      `${service.name} is ${service.status}, and nobody can be asked here.`,
      `To remove it anyway: clos rm ${service.name} --yes`,
    );
  }
  const ports = leasesText(service);
  const held = ports === null ? '' : ` and has ${ports}`;
  return askYes(context.terminal, `${service.name} is ${service.status}${held}. Remove it?`);
}
