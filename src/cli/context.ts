import type { Home } from '#shared/node/home.ts';
import type { Connection } from './connect.ts';
import type { Terminal } from './output/terminal.ts';

/** What every command is given. */
export interface CliContext {
  env: NodeJS.ProcessEnv;
  /** The folder that the person is in. */
  cwd: string;
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

/** A command's work. It resolves with one of our exit codes, or with that of the program that it ran; none means done. */
export type Handler<A extends unknown[]> = (context: CliContext, ...args: A) => Promise<number | undefined>;

/** Turns a command's work into what commander calls. */
export type Act = <A extends unknown[]>(handler: Handler<A>) => (...args: A) => Promise<void>;
