import { readFileSync, writeFileSync } from 'node:fs';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { replaceRanges } from '#main/database/leases.ts';
import { putObservedProcess } from '#main/database/observed-processes.ts';
import { findService, insertService } from '#main/database/services.ts';
import type { ApiContext } from '#main/modules/api/api-context.ts';
import { createCommands } from '#main/modules/api/operations/commands.ts';
import { createAllocation } from '#main/modules/api/ports/allocation.ts';
import type { EngineSeat } from '#main/modules/api/runtimes/container-seat.ts';
import type { ProcessSeat } from '#main/modules/api/runtimes/process-seat.ts';
import { createObserver } from '#main/modules/api/services/observer.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import { findConflicts, findRange } from '#main/modules/resolver/propose.ts';
import type { OwnPort } from '#main/modules/resolver/world.ts';
import { createWorldReader, type WorldReader } from '#main/modules/resolver/world-reader.ts';
import type { ObservedProcess, ProcessRuntime } from '#main/runtimes/process/types.ts';
import { newId } from '#shared/base/ids.ts';
import type { Client } from '#shared/client/client.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { Range } from '#shared/contract/ports.ts';
import { type ServiceSpecInput, serviceSpecSchema } from '#shared/contract/service-spec.ts';
import { createModuleWorld } from '#tests/support/module-context.ts';
import { createMachine, type Machine } from './machine.ts';

const homeLabel = 'model';
const migrationsDir = 'migrations';

/** The api's own commands and the resolver's own logic, with a real `core.db`, over a model of a machine. */
export interface ModelSystem {
  api: ApiContext;
  machine: Machine;
  check(wanted: WantedClaim[]): Promise<DetectedConflict[]>;
  addService(spec: ServiceSpecInput): Promise<void>;
  close(): Promise<void>;
}

let empty: Buffer | null = null;
/** A database after all migrations, made once: worlds are many. */
async function emptyDatabase(): Promise<Buffer> {
  if (empty !== null) return empty;
  const place = createModuleWorld();
  const { coreDb, backupsDir } = place.home;
  await openCoreDb({ path: coreDb, migrationsDir, backupsDir }).close();
  empty = readFileSync(coreDb);
  place.dispose();
  return empty;
}

export async function openModelSystem(options: { range: Range; ownPorts: readonly OwnPort[] }): Promise<ModelSystem> {
  const place = createModuleWorld();
  const { coreDb, backupsDir } = place.home;
  writeFileSync(coreDb, await emptyDatabase());
  const db = openCoreDb({ path: coreDb, migrationsDir, backupsDir, durability: 'normal' });
  const machine = createMachine();
  const instanceId = await db.commit((write) => {
    replaceRanges(write, [options.range]);
    return ensureMainInstance(write);
  });
  const checker = createChecker({ host: machine.host });
  const proposer = { checker, host: machine.host };
  const world: WorldReader = createWorldReader({
    db: db.read,
    ownPorts: { read: async () => options.ownPorts },
    findWorkplace: machine.host.findWorkplace,
  });
  const check = async (wanted: WantedClaim[]) =>
    await findConflicts(proposer, { claims: wanted, how: 'check' }, await world.read());
  const resolver: Pick<Client['internal'], 'checkPorts' | 'suggestPorts'> = {
    checkPorts: async ({ wanted }) => ({ conflicts: await check(wanted) }),
    suggestPorts: async ({ refused = [], range, ...request }) => {
      const known = await world.read();
      const reasons = new Map(refused.map((port) => [port, 'about to be given to another']));
      return { items: await checker.suggest({ ...request, refused: reasons, range: findRange(known, range) }, known) };
    },
  };
  // Commands ask the resolver and nobody else.
  const sibling = () => ({ internal: resolver }) as unknown as Client;
  const commands = createCommands(db);
  const observer = createObserver({ db, commands, homeLabel, onEnd: () => undefined });
  machine.onChange = (container, id) => observer.change({ id, container, events: [], ends: [] });
  const api: ApiContext = {
    module: place.contextOf('api', { sibling }),
    db,
    readers: {
      read: () => Promise.reject(new Error('Nothing long is read in a model')),
      close: async () => undefined,
    },
    commands,
    allocation: createAllocation(),
    // The engine's news takes no time, so there is nothing to look at again.
    seat: {
      engine: machine.engine,
      refresh: async () => undefined,
    } satisfies Partial<EngineSeat> as unknown as EngineSeat,
    engine: machine.engine,
    processes: createModelSeat(db, machine),
    waiting: { clear: () => undefined },
    homeLabel,
    instanceId,
  };
  return {
    api,
    machine,
    check,
    addService: (spec) =>
      db.commit((write) => {
        insertService(write, serviceSpecSchema.parse(spec), { id: newId('svc'), instanceId });
      }),
    async close() {
      await db.close();
      place.dispose();
    },
  };
}

/** Programs that bind the leased ports of their service, or end because they cannot. */
function createModelSeat(db: CoreDb, machine: Machine): ProcessSeat {
  const runs = new Map<string, ObservedProcess>();
  const at = '2026-01-02T00:00:00.000Z';

  async function record(process: ObservedProcess): Promise<void> {
    runs.set(process.serviceId, process);
    const { pid, state, adopted, startedAt } = process;
    await db.commit((write) =>
      putObservedProcess(write, process.serviceId, {
        pid,
        state: state === 'running' ? 'running' : 'exited',
        startedAt,
        exit: state === 'running' ? null : { code: 1, signal: null, at },
        adopted,
        observedAt: at,
      }),
    );
  }

  const runtime: Pick<ProcessRuntime, 'logs' | 'list'> = {
    async *logs() {
      yield { stream: 'stderr', time: at, line: 'Error: listen EADDRINUSE: address already in use' };
    },
    list: async () => [...runs.values()],
  };
  return {
    runtime: runtime as ProcessRuntime,
    host: machine.host,
    record,
    open: async () => undefined,
    close: async () => undefined,
    async start({ serviceId, command, cwd }) {
      const service = findService(db.read, serviceId);
      const places = (service?.endpoints ?? []).flatMap(({ protocol, address, lease }) =>
        lease === null ? [] : [{ protocol, address, port: lease.port, v6only: false }],
      );
      const pid = machine.run(places);
      await record({
        serviceId,
        runId: newId('op'),
        state: pid === null ? 'ended' : 'running',
        pid: pid ?? 1,
        process: null,
        adopted: false,
        startedAt: at,
        command,
        cwd,
        exit: pid === null ? { code: 1, signal: null, at, stopped: false } : null,
      });
    },
    async stop(serviceId) {
      const run = runs.get(serviceId);
      if (run?.state !== 'running') return;
      machine.end(run.pid);
      await record({ ...run, state: 'ended', exit: { code: null, signal: 'SIGTERM', at, stopped: true } });
    },
    async firstAnswer(serviceId) {
      const run = runs.get(serviceId);
      return run?.state === 'running' ? { type: 'answered' } : { type: 'ended', process: run as ObservedProcess };
    },
  };
}
