import type { ModuleName } from '#shared/contract/access.ts';

/** A started module as the supervisor sees it: something that takes messages and ends. It never learns which kind it has. */
export interface StartedProcess {
  readonly pid: number | null;
  /** `transfer` carries message ports; only the desktop's starter can. A message to a process that has ended is dropped. */
  send(message: unknown, transfer?: unknown[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once. */
  onExit(listener: (end: { code: number | null; signal: string | null }) => void): void;
  /** Ends it at once, without asking. */
  kill(): void;
}

/** Starts modules in one kind of process. */
export interface ModuleStarter {
  start(name: ModuleName): StartedProcess;
}
