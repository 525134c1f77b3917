import type { CoreDb } from '../../database/core-db.ts';
import type { ReaderPool } from '../../database/reader-pool.ts';
import type { ContainerEngine } from '../../runtimes/container/types.ts';
import type { ModuleContext } from '../../supervisor/module.ts';
import type { Commands } from './operations/commands.ts';
import type { Allocation } from './ports/allocation.ts';
import type { LongReads } from './reads/long-reads.ts';
import type { EngineSeat } from './runtimes/container-seat.ts';
import type { ProcessSeat } from './runtimes/process-seat.ts';

/** What the parts of the api share. */
export interface ApiContext {
  module: ModuleContext;
  db: CoreDb;
  /** For what is long. */
  readers: ReaderPool<LongReads>;
  commands: Commands;
  allocation: Allocation;
  seat: EngineSeat;
  engine: ContainerEngine;
  processes: ProcessSeat;
  /** Told that nothing that could be seen is in the way of a service any more: one that waits starts. */
  waiting: { clear(serviceId: string): void };
  /** The label value of this home's containers. */
  homeLabel: string;
  /** The main instance's id. */
  instanceId: string;
}
