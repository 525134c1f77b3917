import type { Logger } from 'pino';
import type { Client } from '#shared/client/client.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import type { Home } from '#shared/node/home.ts';
import type { Config } from '../config/config.ts';

/** The kinds of process a module may be in. It is told only so that `/health` can say it. */
export type ProcessKind = 'utility' | 'node' | 'in-process' | 'container';

/** What passes between siblings: doorbells, never data. Losing one costs latency. */
export interface Bus {
  /** Rings every other module: something that is read has changed, and events up to `seq` are in the log. */
  ring(seq: number): void;
  /** Calls back at each doorbell. Returns the way to stop listening. */
  onRing(listener: (seq: number) => void): () => void;
}

/** All that a module knows of the world around it. */
export interface ModuleContext {
  name: ModuleName;
  process: ProcessKind;
  version: string;
  home: Home;
  /** The folder that holds package.json, `migrations/` and the built renderer. */
  packageRoot: string;
  config: Config;
  log: Logger;
  bus: Bus;
  /** This run's key of each module. A module presents its own and accepts its siblings'. */
  serviceKeys: Readonly<Record<ModuleName | 'supervisor', string>>;
  /** The Ed25519 private key (PKCS 8, PEM) that proofs of identity are made with. */
  identityKey: string;
  /** Which TCP ports to try, in order. */
  ports: PortPlan;
  /** The typed client on a sibling's Unix socket, signed with this module's key. */
  sibling(name: ModuleName): Client;
}

export const portNames = ['gateway', 'api', 'websocket', 'monitor', 'resolver', 'dashboard'] as const;
export type PortName = (typeof portNames)[number];
export type PortPlan = Readonly<Record<PortName, { preferred: number; candidates: readonly number[] }>>;

/** The TCP listeners that a started module ended up with. */
export type BoundPorts = Partial<Record<PortName, number>>;

export interface RunningModule {
  ports: BoundPorts;
  /** The database that all modules read was replaced: they begin anew. */
  databaseReplaced?: boolean;
  /** Ends everything that start began, within the time that the supervisor gives (10 s for all). */
  stop(): Promise<void>;
  /** The desktop hands a module one end of a message channel; requests on it act as the desktop. Only the api has it. */
  attachPort?(port: ModulePort): void;
}

/** What the two message ports (Node's and Electron's) have in common. */
export interface ModulePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
  start(): void;
  close(): void;
}

/** A module: one folder under `modules/`, the same in every kind of process. `start` resolves when it is ready. */
export interface ModuleDefinition {
  name: ModuleName;
  start(context: ModuleContext): Promise<RunningModule>;
}
