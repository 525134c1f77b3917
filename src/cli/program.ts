import { type Argument, Command, type HelpConfiguration } from 'commander';
import { adoptCommand } from './commands/adopt.ts';
import { apiCommand } from './commands/api.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand, backupsCommand, restoreCommand } from './commands/backups.ts';
import { cancelCommand } from './commands/cancel.ts';
import { conflictsCommand } from './commands/conflicts.ts';
import { connectionsCommand } from './commands/connections.ts';
import { createCommand } from './commands/create.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eventsCommand } from './commands/events.ts';
import { freeCommand } from './commands/free.ts';
import { logsCommand } from './commands/logs.ts';
import { openCommand } from './commands/open.ts';
import { operationsCommand } from './commands/operations.ts';
import { portsCommand } from './commands/ports.ts';
import { psCommand } from './commands/ps.ts';
import { resolveCommand } from './commands/resolve.ts';
import { restartCommand } from './commands/restart.ts';
import { rmCommand } from './commands/rm.ts';
import { routesCommand } from './commands/routes.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { mayEndCommand, protectCommand, settingsCommand } from './commands/settings.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { undoCommand } from './commands/undo.ts';
import { urlCommand } from './commands/url.ts';
import { versionCommand } from './commands/version.ts';
import { webhooksCommand } from './commands/webhooks.ts';
import { whoCommand } from './commands/who.ts';
import type { CliContext, Handler } from './context.ts';
import { exitCodes } from './exit-codes.ts';

/** The options that every command knows. */
export interface GlobalOptions {
  json: boolean;
  quiet: boolean;
  color: boolean;
  home: string | undefined;
}

const codesText = Object.entries({
  done: 'done',
  failed: 'failed',
  usage: 'not understood',
  notFound: 'not found',
  conflict: 'conflict',
  unreachable: 'CLOS is not running',
  notAllowed: 'not allowed',
} satisfies Record<keyof typeof exitCodes, string>)
  .map(([name, text]) => `${Object.entries(exitCodes).find(([each]) => each === name)?.[1] ?? ''} ${text}`)
  .join(' · ');

/** Short lines: what may be left out is in a command's own help. */
const help: HelpConfiguration = {
  showGlobalOptions: true,
  subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
  optionDescription: ({ description, argChoices }) =>
    argChoices === undefined ? description : `${description}: ${argChoices.join(', ')}`,
};

function argumentTerm(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

/**
 * All commands in one program.
 *
 * `run` is called with a command's work and the global options as they were parsed. Parsing throws a `CommanderError` for what
 * cannot be understood, and after help was printed.
 */
export function createProgram(options: {
  version: string;
  serveRoot: URL;
  restoreRoot: URL;
  run: (globals: GlobalOptions, work: (context: CliContext) => Promise<number | undefined>) => Promise<void>;
}): Command {
  const program = new Command('clos');
  const act =
    <A extends unknown[]>(handler: Handler<A>) =>
    (...args: A) => {
      const { json, quiet, color, home } = program.opts<Partial<GlobalOptions>>();
      const globals = { json: json === true, quiet: quiet === true, color: color !== false, home };
      return options.run(globals, (context) => handler(context, ...args));
    };

  program
    .description('Every local service has an owner, a port, a name, a health and a history.')
    .usage('<command> [options]')
    .version(`clos ${options.version}`, '-V, --version', 'print the version')
    .option('--json', 'print what the API answers, as JSON')
    .option('--home <folder>', 'the home of CLOS, instead of CLOS_HOME or the usual folder')
    .option('--no-color', 'no colours; NO_COLOR does the same')
    .option('-q, --quiet', 'print only what was asked for')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp(help)
    .addHelpText('after', `\nExit codes: ${codesText}\n\nExample:\n  $ clos run -- npm run dev`)
    .action(() => program.outputHelp());

  program.commandsGroup('Services:');
  for (const make of [
    runCommand,
    psCommand,
    createCommand,
    adoptCommand,
    startCommand,
    stopCommand,
    restartCommand,
    rmCommand,
    logsCommand,
    openCommand,
  ]) {
    program.addCommand(make(act));
  }
  program.commandsGroup('Names:');
  for (const make of [routesCommand, urlCommand]) program.addCommand(make(act));
  program.commandsGroup('Ports:');
  for (const make of [whoCommand, freeCommand, portsCommand]) program.addCommand(make(act));
  program.commandsGroup('Conflicts:');
  for (const make of [
    conflictsCommand,
    resolveCommand,
    undoCommand,
    cancelCommand,
    settingsCommand,
    protectCommand,
    mayEndCommand,
  ]) {
    program.addCommand(make(act));
  }
  program.commandsGroup('CLOS:');
  program.addCommand(serveCommand(act, options.serveRoot));
  for (const make of [
    statusCommand,
    doctorCommand,
    operationsCommand,
    eventsCommand,
    auditCommand,
    connectionsCommand,
    backupCommand,
    backupsCommand,
    webhooksCommand,
  ]) {
    program.addCommand(make(act));
  }
  program.addCommand(restoreCommand(act, options.restoreRoot));
  for (const make of [apiCommand, versionCommand]) program.addCommand(make(act));

  for (const command of everyCommand(program)) {
    command.configureHelp(help).helpOption('-h, --help', 'show help');
    if (command !== program) command.allowExcessArguments(false);
  }
  return program;
}

/** A command and all below it: `clos`, `clos ports`, `clos ports ranges`. */
export function* everyCommand(command: Command): Generator<Command, void> {
  yield command;
  for (const each of command.commands) yield* everyCommand(each);
}
