import type { ProcessIdentity } from '../../host/types.ts';

/** The log of a part; the shape that pino has. */
export interface ProcessLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What to run for a service. */
export interface ProcessSpec {
  /** Letters, digits, `_` and `-`: it names a folder. */
  serviceId: string;
  /** The program and its arguments; a program without a slash is looked for on the PATH of `env`. Never goes through a shell. */
  command: readonly string[];
  /** An absolute folder. */
  cwd: string;
  /** The whole environment; nothing is added or taken away. Never written to disk. */
  env: Readonly<Record<string, string>>;
}

/** How a run ended. Code and signal are null when nobody was there to see it: a process that was adopted, a reboot. */
export interface ProcessExit {
  code: number | null;
  /** `SIGTERM`. */
  signal: string | null;
  /** ISO 8601 UTC; null when not known. */
  at: string | null;
  /** It was stopped through us, so whatever code or signal it ended with is no crash. */
  stopped: boolean;
}

/** The latest run of a service. */
export interface ObservedProcess {
  serviceId: string;
  runId: string;
  state: 'running' | 'ended';
  pid: number;
  /** Null only when the process had ended before anyone could look at it. */
  process: ProcessIdentity | null;
  /** Started by somebody else and taken over: without logs and without an exit code. */
  adopted: boolean;
  /** ISO 8601 UTC. */
  startedAt: string;
  command: readonly string[];
  cwd: string;
  /** Null while it runs. */
  exit: ProcessExit | null;
}

export interface ProcessChange {
  serviceId: string;
  /** Null when the run was forgotten or released. */
  process: ObservedProcess | null;
}

/** One line of output. */
export interface ProcessLogLine {
  stream: 'stdout' | 'stderr';
  /** When its first byte arrived: ISO 8601 UTC with milliseconds. */
  time: string;
  line: string;
  /** The line was longer than 64 KiB and has lost its end. */
  truncated?: true;
}

export interface ProcessLogOptions {
  /** Goes on with what comes, over restarts of the process too, until `signal`. */
  follow?: boolean | undefined;
  /** An ISO 8601 time, or seconds since 1970. */
  since?: string | number | undefined;
  /** The last so many lines; all that is kept by default. */
  tail?: number | undefined;
  /** Ends the reading, without an error. */
  signal?: AbortSignal | undefined;
}

/** Where an end has got to: it was asked to end, it is ended by force because the grace period is over. */
export type EndPhase = 'asked' | 'forced';

export interface StopOptions {
  /** How long it may take to end by itself before it is ended by force, in milliseconds. */
  graceMs: number;
  onPhase?: ((phase: EndPhase) => void) | undefined;
}

/**
 * Runs services as processes of this host, one run per service.
 *
 * A run outlives us: a wrapper of its own catches its output and its exit, and all that is known of it is on disk. Failures are
 * `ClosError`s with a code of processes.
 */
export interface ProcessRuntime {
  /** Resolves once the program was started. Rejects with PROCESS_FAILED when it could not be, or when a run is alive already. */
  start(spec: ProcessSpec): Promise<ObservedProcess>;
  /**
   * Ends a run and all that it has started. Resolves with its end when nothing of it is left; null when there was never a run.
   * A run that has ended already is no error.
   */
  stop(serviceId: string, options: StopOptions): Promise<ObservedProcess | null>;
  /** The latest run of every service, read anew. */
  list(): Promise<ObservedProcess[]>;
  /** Tells every change from now on; take a `list()` afterwards, and nothing falls in between. Returns how to end it. */
  observe(listener: (change: ProcessChange) => void): () => void;
  /**
   * Takes a process that somebody else started as the run of a service. Rejects with PROCESS_GONE when it has ended, with
   * PROCESS_FAILED when the service has a run that is alive.
   */
  adopt(serviceId: string, identity: ProcessIdentity): Promise<ObservedProcess>;
  /** Takes an adoption back; the process goes on. Rejects with NOT_UNDOABLE when we have started the run ourselves. */
  release(serviceId: string): Promise<void>;
  /** Removes all that is known of a service, its logs too. Rejects with SERVICE_BUSY while a run that we started is alive. */
  forget(serviceId: string): Promise<void>;
  /** What the service's runs have written: the newest 8 to 16 MiB. */
  logs(serviceId: string, options?: ProcessLogOptions): AsyncIterable<ProcessLogLine>;
  /** Ends what we hold (watchers, timers, readers of logs). The processes go on. */
  close(): void;
}
