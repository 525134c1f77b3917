import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Connection } from '../connect.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { commandOptions, settle } from '../operate.ts';
import { startedLines } from '../output/services.ts';
import { runInForeground } from '../run/foreground.ts';
import { type ProgramFlags, type Registered, registerProgram } from '../run/register.ts';
import { example } from './help.ts';
import { collect, onConflictOption, startOnVisitOption } from './options.ts';

const portTemplate = `\${endpoints.http.port}`;

interface RunFlags extends ProgramFlags {
  detach?: boolean;
  rm?: boolean;
}

export function runCommand(act: Act): Command {
  return new Command('run')
    .description('run a command here, with a port of its own in PORT')
    .argument('[words...]', `after --: the command; ${portTemplate} in it is its port`)
    .option('--name <name>', "its name; the package's or the folder's without it")
    .option('-p, --port <port>', 'this port, or auto; /SCHEME says what is spoken there', collect)
    .option('--range <range>', 'take an automatic port from this range')
    .option('-e, --env <variable>', 'KEY=VALUE, or KEY to take its value from here', collect)
    .option('--cwd <folder>', 'run it in this folder')
    .addOption(onConflictOption())
    .addOption(startOnVisitOption())
    .option('-d, --detach', 'leave it running; without it Ctrl-C stops it')
    .option('--rm', 'remove the service when it has ended')
    .addHelpText('after', example('clos run -- npm run dev', `clos run --port 3000 -- vite --port '${portTemplate}'`))
    .action(
      act(async (context, words: string[], { detach, rm, ...flags }: RunFlags) => {
        if (words.length === 0)
          throw new UsageError('What shall be run?', 'Write it after --: clos run -- npm run dev');
        if (detach === true && rm === true) {
          throw new UsageError('--rm removes what has ended, and with --detach nobody waits for that.');
        }
        const connection = await context.connect();
        const { client } = connection;
        const registered = await registerProgram(context, client, { words, flags });
        try {
          if (detach === true) return await leaveRunning(context, client, registered);
          return await runHere(context, connection, { ...registered, isRemoved: rm === true });
        } catch (error) {
          if (registered.isNew && !isClosError(error, 'PORT_CONFLICT')) await forget(client, registered);
          throw error;
        }
      }),
    );
}

async function leaveRunning(context: CliContext, client: Client, { service, verb }: Registered): Promise<undefined> {
  await settle(context, client, await client.services[verb]({ id: service.id }, commandOptions()));
  const started = await client.services.get({ id: service.id });
  const { terminal } = context;
  if (context.json) await terminal.out(JSON.stringify(started));
  else if (context.quiet) await terminal.out(started.name);
  else await terminal.out(...startedLines(started, terminal.paint));
  return undefined;
}

async function runHere(
  context: CliContext,
  connection: Connection,
  { service, verb, isRemoved }: Registered & { isRemoved: boolean },
): Promise<number> {
  const { client } = connection;
  const end = await runInForeground(context, connection, { service, verb });
  if (isRemoved && end.type === 'ended') {
    await settle(context, client, await client.services.delete({ id: service.id }, commandOptions()));
  }
  return end.code;
}

/** What was registered only to be run goes again when it could not be run at all. */
async function forget(client: Client, { service }: Registered): Promise<void> {
  const { runtime } = await client.services.get({ id: service.id }).catch(() => service);
  if (runtime.observed !== null) return;
  await client.services.delete({ id: service.id }, { waitSeconds: 10 }).catch(() => undefined);
}
