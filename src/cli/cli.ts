#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { findHome } from '#shared/node/home.ts';
import { findCaller } from './caller.ts';
import { type Connection, connect } from './connect.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { processTerminal } from './output/terminal.ts';
import { createProgram, everyCommand, type GlobalOptions } from './program.ts';
import { reportFailure } from './report.ts';

// Both the source (src/cli) and what is built of it (out/main) lie two folders below package.json.
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { version } = z.object({ version: z.string() }).parse(manifest);
const mainRoot = (name: string) =>
  new URL(import.meta.url.endsWith('.ts') ? `../main/${name}.ts` : `./${name}.js`, import.meta.url);

// A reader that has seen enough, such as `head`, closes the pipe. That is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
}

function makeContext(globals: GlobalOptions): { context: CliContext; close: () => Promise<void> } {
  const { stdin, stdout, stderr } = process;
  const { env, cwd } = findCaller({ cwd: process.cwd(), env: process.env }, root);
  const home = findHome(globals.home === undefined ? env : { ...env, CLOS_HOME: resolve(cwd, globals.home) });
  let connection: Promise<Connection> | null = null;
  return {
    context: {
      env,
      cwd,
      home,
      version,
      json: globals.json,
      quiet: globals.quiet,
      terminal: processTerminal({ stdin, stdout, stderr, color: globals.color, env }),
      now: Date.now,
      connect: () => {
        connection ??= connect(home);
        return connection;
      },
    },
    close: async () => {
      const open = await connection?.catch(() => null);
      open?.close();
    },
  };
}

const program = createProgram({
  version,
  serveRoot: mainRoot('serve'),
  restoreRoot: mainRoot('restore'),
  run: async (globals, work) => {
    const { context, close } = makeContext(globals);
    try {
      const code = await work(context);
      if (code !== undefined) process.exitCode = code;
    } catch (error) {
      process.exitCode = await reportFailure(context, error);
    } finally {
      await close();
    }
  },
});

for (const command of everyCommand(program)) {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`${text.replace(/^error: /, '').trim()}\nSee how it is used: clos help\n`),
  });
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
