import type { LeaseRow, Range } from '#shared/contract/ports.ts';
import type { ReadDb } from '../../database/handle.ts';
import { listLeases, listRanges } from '../../database/leases.ts';
import { listObserved, type ObservedFacts, type ObservedRow } from '../../database/observed.ts';
import { listServiceNames } from '../../database/services.ts';
import type { OwnPortsReader } from './own-ports.ts';
import type { ContainerFact, LeaseFact, ServiceFact, World } from './world.ts';

/** What `core.db` says, with the ranges that suggestions are taken from. */
export interface StoredWorld extends World {
  services: readonly ServiceFact[];
  ranges: readonly Range[];
}

export interface WorldReader {
  /** The world as of the last commit. Costs microseconds while nothing was committed since, else a read of four tables. */
  read(): Promise<StoredWorld>;
}

type Tables = Pick<StoredWorld, 'services' | 'leases' | 'containers' | 'ranges'>;

/** States in which a container holds its ports, or takes them back by itself at any moment. */
const holdingStates: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

/** How often tables are read again because a commit came in between, so that they belong together. */
const attempts = 3;

/**
 * Reads the world and keeps it until `core.db` changes.
 *
 * `PRAGMA data_version` answers another number after each commit of any other connection; this handle makes none of its own.
 * (sqlite.org/pragma.html#pragma_data_version)
 */
export function createWorldReader({ db, ownPorts }: { db: ReadDb; ownPorts: OwnPortsReader }): WorldReader {
  let known: { version: number; tables: Tables } | null = null;

  function readStored(): Tables {
    for (let attempt = 1; ; attempt++) {
      const version = dataVersion(db);
      if (known?.version === version) return known.tables;
      // Kept under the number from before the read: what a commit changes meanwhile is read again next time at the latest.
      known = { version, tables: readTables(db) };
      if (attempt === attempts) return known.tables;
    }
  }

  return {
    async read() {
      const own = await ownPorts.read();
      return { ...readStored(), ownPorts: own };
    },
  };
}

function dataVersion(db: ReadDb): number {
  const row = db.get<{ data_version: number }>('PRAGMA data_version');
  if (row === undefined) throw new Error('SQLite did not tell the version of the data.');
  return row.data_version;
}

function readTables(db: ReadDb): Tables {
  return {
    services: listServiceNames(db),
    leases: listLeases(db).map(toLeaseFact),
    containers: listObserved(db).map(toContainerFact),
    ranges: listRanges(db),
  };
}

function toLeaseFact({ id, port, protocol, address, service, endpoint, since }: LeaseRow): LeaseFact {
  return { id, port, protocol, address, serviceId: service.id, serviceName: service.name, endpoint, since };
}

function toContainerFact({ containerId, name, image, state, serviceId, facts }: ObservedRow): ContainerFact {
  const running = holdingStates.has(state);
  return {
    id: containerId,
    name,
    image,
    state,
    running,
    managedServiceId: serviceId,
    composeProject: facts.compose?.project ?? null,
    ports: running ? heldPorts(facts) : facts.claims,
    startedAt: facts.startedAt,
    labels: {},
  };
}

/**
 * What a container holds, and what it was made to hold and does not at this moment (it restarts, its network is away). A claim
 * that is met already, be it on fewer addresses, is not repeated: the engine may have no IPv6.
 */
function heldPorts({ ports, claims }: ObservedFacts): ContainerFact['ports'] {
  const unmet = claims.filter(
    (claim) =>
      !ports.some(
        (held) =>
          held.protocol === claim.protocol && held.port === claim.port && held.containerPort === claim.containerPort,
      ),
  );
  return [...ports, ...unmet];
}
