import type { LogLine } from '#shared/contract/services.ts';
import type { StoredService } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import type { Command } from '../operations/commands.ts';

export interface LogQuery {
  follow: boolean;
  since: string | undefined;
  tail: number;
  signal: AbortSignal;
}

/** What a kind of runtime does for a service. Each works on the latest state and writes none of it: that is the command's. */
export interface RuntimeDriver {
  /** How a plan names what a start does. */
  startStep(service: StoredService): string;
  /** The names of the steps that `run` would take with the service as given, and with one that it is told of as `changed`. */
  runSteps(api: ApiContext, service: StoredService, changed?: StoredService): Promise<string[]>;
  /** The names of the steps that `stop` would take. */
  stopSteps(api: ApiContext, service: StoredService): string[];
  /** Has it running, made from its present revision and leases. Resolves with the hash that it was made from. */
  run(api: ApiContext, service: StoredService, command: Command): Promise<string>;
  /** Stops it; what is not there any more is stopped. */
  stop(api: ApiContext, service: StoredService, command: Command): Promise<void>;
  /** Takes away what it ran in. */
  remove(api: ApiContext, service: StoredService, command: Command): Promise<void>;
  logs(api: ApiContext, service: StoredService, query: LogQuery): AsyncIterable<LogLine>;
}
