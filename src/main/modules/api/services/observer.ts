import type { EngineStatus } from '#shared/contract/system.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import {
  deleteObserved,
  findObserved,
  listObserved,
  type ObservedRow,
  putObserved,
} from '../../../database/observed.ts';
import {
  findByAdoptedContainer,
  findService,
  listServices,
  type StoredService,
  updateLife,
} from '../../../database/services.ts';
import {
  type ContainerChange,
  type ContainerEnd,
  containerLabels,
  type ObservedContainer,
} from '../../../runtimes/container/types.ts';
import { type Provenance, thisModule } from '../access/actors.ts';
import type { Commands } from '../operations/commands.ts';
import { containerName } from '../runtimes/container-name.ts';
import { type EndOptions, provenanceOf, recordEnd } from '../state/ends.ts';
import { changeHealth, changeStatus } from '../state/life.ts';

/** Writes what the engine shows into `observed`, and what that means for services into their lives. */
export interface Observer {
  snapshot(containers: ObservedContainer[], ends: ReadonlyMap<string, ContainerEnd>): Promise<void>;
  change(change: ContainerChange): Promise<void>;
  engineState(status: EngineStatus): Promise<void>;
}

export interface ObserverOptions {
  db: CoreDb;
  commands: Commands;
  homeLabel: string;
  /** Called after an end that nobody asked for, for the restart policy. */
  onEnd(serviceId: string): void;
}

const alive = new Set<ObservedContainer['state']>(['running', 'paused', 'restarting']);
const awayStatuses = new Set<StoredService['status']>(['running', 'unhealthy', 'starting', 'stopping']);

function toRow(container: ObservedContainer, serviceId: string | null): ObservedRow {
  const { id, name, image, state, pid, startedAt, finishedAt, exitCode, oomKilled, compose, ports, claims } = container;
  return {
    containerId: id,
    serviceId,
    name,
    image,
    state,
    facts: { pid, startedAt, finishedAt, exitCode, oomKilled, compose, ports, claims },
    observedAt: new Date().toISOString(),
  };
}

/**
 * What an end that nobody watched was: as the engine remembers it, if this is the end that it remembers; else asked for if the
 * service was to be stopped, else by its exit code.
 */
function unwatchedEnd(
  { desired }: StoredService,
  { container, end }: { container: ObservedContainer; end: ContainerEnd | null },
): ContainerEnd {
  const { exitCode, oomKilled } = container;
  const time = container.finishedAt ?? new Date().toISOString();
  if (desired === 'stopped') return { cause: 'stopped', exitCode, time };
  if (end !== null && end.exitCode === exitCode) return end;
  return { cause: oomKilled ? 'out-of-memory' : exitCode === 0 ? 'finished' : 'crashed', exitCode, time };
}

export function createObserver({ db, commands, homeLabel, onEnd }: ObserverOptions): Observer {
  /** Who adopted a container has it, whatever its labels say; else a deleted service's, or another home's, is a stranger. */
  function serviceOf(write: WriteDb, container: ObservedContainer): StoredService | null {
    const { labels, name } = container;
    const adopting = findByAdoptedContainer(write, name);
    if (adopting !== null || labels[containerLabels.home] !== homeLabel) return adopting;
    return findService(write, labels[containerLabels.service] ?? '');
  }

  const options: EndOptions = { commands, cause: { type: 'engine', id: 'engine' }, onEnd };

  function applyEnd(write: WriteDb, service: StoredService, { cause, exitCode }: ContainerEnd): void {
    recordEnd(write, service, { end: { cause, exitCode, signal: null }, ...options });
  }

  function applyPresence(
    write: WriteDb,
    service: StoredService,
    { container, end }: { container: ObservedContainer; end: ContainerEnd | null },
  ): void {
    const busy = commands.current(service.id) !== null;
    if (alive.has(container.state)) {
      if (service.status === 'stopping') return;
      if (!busy && service.desired === 'stopped') updateLife(write, service.id, { desired: 'running' });
      const to = service.health === 'unhealthy' ? 'unhealthy' : 'running';
      const reason = container.state === 'paused' ? 'paused' : null;
      changeStatus(write, service, { to, reason, ...provenanceOf(service, options) });
      return;
    }
    if (busy || container.state === 'created' || container.state === 'removing') return;
    // A start that was cut off before it reached the engine: how the container ended earlier says nothing about it.
    if (service.status === 'starting') return;
    if (awayStatuses.has(service.status) || service.status === 'unknown') {
      applyEnd(write, service, unwatchedEnd(service, { container, end }));
    }
  }

  function applyAbsence(write: WriteDb, service: StoredService): void {
    if (commands.current(service.id) !== null) return;
    if (service.applied === null) {
      if (service.status === 'unknown')
        changeStatus(write, service, { to: 'stopped', ...provenanceOf(service, options) });
      return;
    }
    updateLife(write, service.id, { applied: null, desired: 'stopped' });
    changeHealth(write, service, { to: 'none', ...provenanceOf(service, options) });
    const reason = 'the container was removed outside CLOS';
    changeStatus(write, service, { to: 'stopped', reason, ...provenanceOf(service, options) });
  }

  return {
    snapshot: (containers, ends) =>
      db.commit((write) => {
        const present = new Set(containers.map(({ id }) => id));
        for (const { containerId } of listObserved(write)) {
          if (!present.has(containerId)) deleteObserved(write, containerId);
        }
        const seen = new Set<string>();
        for (const container of containers) {
          const service = serviceOf(write, container);
          putObserved(write, toRow(container, service?.id ?? null));
          if (service === null || container.name !== containerName(service)) continue;
          seen.add(service.id);
          applyPresence(write, service, { container, end: ends.get(container.id) ?? null });
        }
        for (const service of listServices(write)) {
          if (service.runtime.type === 'container' && !seen.has(service.id)) applyAbsence(write, service);
        }
      }),

    change: (change) =>
      db.commit((write) => {
        const { id, container, ends } = change;
        if (container === null) {
          const row = findObserved(write, id);
          deleteObserved(write, id);
          const service = row?.serviceId == null ? null : findService(write, row.serviceId);
          if (service !== null && row?.name === containerName(service)) applyAbsence(write, service);
          return;
        }
        const service = serviceOf(write, container);
        putObserved(write, toRow(container, service?.id ?? null));
        if (service === null || container.name !== containerName(service)) return;
        const end = ends.at(-1);
        if (end !== undefined && !alive.has(container.state)) applyEnd(write, service, end);
        else applyPresence(write, service, { container, end: null });
      }),

    engineState: (status) =>
      db.commit((write) => {
        const who: Provenance = { actor: thisModule, cause: { type: 'engine', id: 'engine' } };
        appendEvent(write, {
          type: 'engine.state-changed',
          subject: { type: 'engine', id: 'engine', name: status.name },
          ...who,
          data: { state: status.state, reason: status.reason },
        });
        if (status.state === 'available') return;
        for (const service of listServices(write)) {
          if (service.runtime.type !== 'container' || !awayStatuses.has(service.status)) continue;
          changeStatus(write, service, { to: 'unknown', reason: 'the container engine is away', ...who });
        }
      }),
  };
}
