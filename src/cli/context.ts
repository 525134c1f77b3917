import type { Home } from '#shared/node/home.ts';
import type { Connection } from './connect.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './output/terminal.ts';

/** What every command is given. */
export interface CliContext {
  env: NodeJS.ProcessEnv;
  home: Home;
  /** Print what the contract answers, as JSON, and nothing else. */
  json: boolean;
  /** Print no more than what was asked for. */
  quiet: boolean;
  terminal: Terminal;
  /** The version of this program. */
  version: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The connection to CLOS, made once and closed when the command ends. */
  connect(): Promise<Connection>;
}

/** A command's work. No exit code means done. */
export type Handler<A extends unknown[]> = (context: CliContext, ...args: A) => Promise<ExitCode | undefined>;

/** Turns a command's work into what commander calls. */
export type Act = <A extends unknown[]>(handler: Handler<A>) => (...args: A) => Promise<void>;
