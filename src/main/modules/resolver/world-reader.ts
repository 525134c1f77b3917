import type { LeaseRow, Range } from '#shared/contract/ports.ts';
import { findReferences } from '#shared/contract/templates.ts';
import { listOpenConflictIds } from '../../database/conflicts.ts';
import { lastSeq } from '../../database/events.ts';
import { dataVersion, type ReadDb } from '../../database/handle.ts';
import { listLeases, listRanges } from '../../database/leases.ts';
import { listObserved, type ObservedFacts, type ObservedRow } from '../../database/observed.ts';
import { listObservedProcesses } from '../../database/observed-processes.ts';
import {
  type EndpointWish,
  listEndpointWishes,
  listServiceSummaries,
  type ServiceSummary,
} from '../../database/services.ts';
import { readConflictSettings } from '../../database/settings.ts';
import type { Workplace } from '../../host/checkout.ts';
import type { OwnPortsReader } from './own-ports.ts';
import type { ContainerFact, LeaseFact, ServiceFact, World } from './world.ts';

/** What `core.db` says, with the ranges that suggestions are taken from, and what all endpoints ask for. */
export interface StoredWorld extends World {
  services: readonly StoredServiceFact[];
  ranges: readonly Range[];
  wishes: readonly EndpointWish[];
  /** The newest event. */
  seq: number;
}

export interface StoredServiceFact extends ServiceFact {
  status: ServiceSummary['status'];
  waits: boolean;
  /** The ids of what is known to stand in its way. */
  openConflicts: readonly string[];
}

export interface WorldReader {
  /** The world as of the last commit. Costs microseconds while nothing was committed since, else a read of four tables. */
  read(): Promise<StoredWorld>;
}

type Tables = Omit<StoredWorld, 'ownPorts' | 'containers'> & { containers: ReadonlyArray<ContainerRow> };

/** A container whose checkout has not been looked up yet. */
type ContainerRow = Omit<ContainerFact, 'checkout'> & { workingDir: string | null };

/** States in which a container holds its ports, or takes them back by itself at any moment. */
const holdingStates: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);

/** How often tables are read again because a commit came in between, so that they belong together. */
const attempts = 3;

/** Reads the world and keeps it until `core.db` changes. */
export function createWorldReader({
  db,
  ownPorts,
  findWorkplace,
}: {
  db: ReadDb;
  ownPorts: OwnPortsReader;
  findWorkplace(folder: string): Promise<Workplace>;
}): WorldReader {
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
      const tables = readStored();
      const containers = await Promise.all(
        tables.containers.map(async ({ workingDir, ...container }): Promise<ContainerFact> => {
          const workplace = workingDir === null ? null : await findWorkplace(workingDir);
          return { ...container, checkout: workplace?.checkout ?? null };
        }),
      );
      return { ...tables, containers, ownPorts: own };
    },
  };
}

function readTables(db: ReadDb): Tables {
  const open = listOpenConflictIds(db);
  return {
    seq: lastSeq(db),
    services: listServiceSummaries(db).map((summary) => toServiceFact(summary, open.get(summary.id) ?? [])),
    leases: listLeases(db).map(toLeaseFact),
    containers: listObserved(db).map(toContainerFact),
    processes: listObservedProcesses(db).filter(({ state }) => state === 'running'),
    ranges: listRanges(db),
    wishes: listEndpointWishes(db),
    protect: readConflictSettings(db).protect,
  };
}

const active: ReadonlySet<ServiceSummary['status']> = new Set(['starting', 'running', 'unhealthy', 'stopping']);

function toServiceFact(summary: ServiceSummary, openConflicts: readonly string[]): StoredServiceFact {
  const { id, name, runtime, status, env, command, cwd } = summary;
  const texts = `${env} ${command ?? ''}`;
  // JSON keeps `${…}` as it is, so the references can be found without parsing it.
  const references = texts.includes('${services.') ? findReferences(texts).flatMap(({ service }) => service ?? []) : [];
  return {
    id,
    name,
    runtime,
    status,
    active: active.has(status),
    references: [...new Set(references)],
    cwd,
    waits: summary.waits === 1,
    openConflicts,
  };
}

function toLeaseFact({ id, port, protocol, address, service, endpoint, note, since }: LeaseRow): LeaseFact {
  const holder = service === null || endpoint === null ? null : { ...service, endpoint };
  return { id, port, protocol, address, service: holder, note, since };
}

function toContainerFact({ containerId, name, image, state, serviceId, facts }: ObservedRow): ContainerRow {
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
    workingDir: facts.compose?.workingDir ?? null,
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
