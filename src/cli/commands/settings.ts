import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { type ConflictPolicy, conflictPolicies } from '#shared/contract/service-spec.ts';
import type { ConflictSettings, ProgramRule } from '#shared/contract/settings.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { renderSettings, ruleText } from '../output/settings.ts';
import { example } from './help.ts';

export function settingsCommand(act: Act): Command {
  const onConflict = new Command('on-conflict')
    .description('for every service that says nothing else')
    .argument('<what>', conflictPolicies.join(', '))
    .addHelpText('after', example('clos settings on-conflict reassign'))
    .action(
      act(async (context, what: string) => {
        const policy = conflictPolicies.find((each) => each === what);
        if (policy === undefined) {
          throw new UsageError(`"${what}" is not known here.`, `Use one of: ${conflictPolicies.join(', ')}.`);
        }
        await change(context, (settings) => ({ ...settings, onConflict: policy satisfies ConflictPolicy }));
        return undefined;
      }),
    );
  return new Command('settings')
    .description('show or change what happens when a port is taken')
    .usage('[options] [command]')
    .helpCommand(false)
    .addCommand(onConflict)
    .addHelpText('after', example('clos settings', 'clos settings on-conflict reassign'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        await print(context, await client.settings.conflicts());
        return undefined;
      }),
    );
}

export function protectCommand(act: Act): Command {
  return ruleCommand(act, {
    name: 'protect',
    list: 'protect',
    description: 'never end a program, whoever asks',
  });
}

export function mayEndCommand(act: Act): Command {
  return ruleCommand(act, {
    name: 'may-end',
    list: 'mayEnd',
    description: 'let "takeover" end a program without asking',
  });
}

interface RuleFlags {
  commandContains?: string;
  remove?: boolean;
}

function ruleCommand(
  act: Act,
  { name, list, description }: { name: string; list: 'protect' | 'mayEnd'; description: string },
): Command {
  return new Command(name)
    .description(description)
    .argument('<program>', 'its name as CLOS shows it, such as node or postgres')
    .option('--command-contains <text>', 'only where its command line contains this')
    .option('--remove', 'no longer')
    .addHelpText('after', example(`clos ${name} node --command-contains vite`))
    .action(
      act(async (context, program: string, { commandContains, remove }: RuleFlags) => {
        const rule = { name: program, ...(commandContains === undefined ? {} : { commandContains }) };
        await change(context, (settings) => {
          const others = settings[list].filter((each) => !isSame(each, rule));
          if (remove !== true) return { ...settings, [list]: [...others, rule] };
          if (others.length < settings[list].length) return { ...settings, [list]: others };
          throw new UsageError(`There is no such rule: ${ruleText(rule)}.`, 'See the rules: clos settings');
        });
        return undefined;
      }),
    );
}

function isSame(a: ProgramRule, b: ProgramRule): boolean {
  return a.name === b.name && a.commandContains === b.commandContains;
}

async function change(context: CliContext, to: (settings: ConflictSettings) => ConflictSettings): Promise<void> {
  const { client }: { client: Client } = await context.connect();
  const settings = await client.settings.conflicts();
  await print(context, await client.settings.putConflicts(to(settings)));
}

async function print({ terminal, json, quiet }: CliContext, settings: ConflictSettings): Promise<void> {
  if (json) await terminal.out(JSON.stringify(settings));
  else if (quiet) await terminal.out(settings.onConflict);
  else await terminal.out(...renderSettings(settings));
}
