import { markV6Only } from '#main/host/linux/proc-net.ts';
import type { Host } from '#main/host/platform.ts';
import type { Listener, ProcessInfo, ProcessOwner } from '#main/host/types.ts';
import type { ContainerEngine, ObservedContainer, PortBinding } from '#main/runtimes/container/types.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { canBothBe, type ModelPlace } from '#tests/support/worlds/who-can-bind.ts';
import { listenerOf, ownerOf } from '../../fixtures.ts';

/** A socket of the model, with the process that has it: a program, or the forwarder of a container. */
export interface ModelSocket extends ModelPlace {
  pid: number;
  inode: number;
  container: string | null;
}

interface ModelContainer {
  id: string;
  name: string;
  labels: Record<string, string>;
  state: 'created' | 'running' | 'exited';
  ports: readonly PortBinding[];
  pid: number;
}

/** A machine with nothing on it but sockets and containers, where all that happens has happened when it is asked for. */
export interface Machine {
  host: Host;
  engine: ContainerEngine;
  sockets(): readonly ModelSocket[];
  /** Has a program bind all of these. Null when one of them is refused. */
  run(places: readonly ModelPlace[]): number | null;
  end(pid: number): void;
  /** A container of somebody else's. */
  addContainer(name: string, ports: readonly PortBinding[]): Promise<string>;
  containers(): readonly ObservedContainer[];
  /** Called after each change of a container, and waited for, as if the engine's news of it took no time. */
  onChange: (container: ObservedContainer | null, id: string) => Promise<void>;
}

const forwarderFacts = { name: 'docker-proxy', argv: ['docker-proxy'], executable: '/usr/bin/docker-proxy' };

/** What the engine publishes as it binds it: `::` for IPv6 only. */
function placesOf(ports: readonly PortBinding[]): ModelPlace[] {
  return ports.flatMap(({ protocol, hostAddress, hostPort }) =>
    protocol === 'sctp' ? [] : [{ protocol, address: hostAddress, port: hostPort, v6only: true }],
  );
}

export function createMachine(): Machine {
  let sockets: ModelSocket[] = [];
  const containers = new Map<string, ModelContainer>();
  let lastPid = 1000;
  let lastInode = 0;
  let lastId = 0;

  function bind(places: readonly ModelPlace[], container: string | null): number | null {
    const pid = lastPid++;
    for (const place of places) {
      if (!sockets.every((socket) => canBothBe(socket, place))) {
        end(pid);
        return null;
      }
      sockets.push({ ...place, pid, inode: ++lastInode, container });
    }
    return pid;
  }

  function end(pid: number): void {
    sockets = sockets.filter((socket) => socket.pid !== pid);
  }

  function infoOf(pid: number): ProcessInfo {
    const forwards = sockets.some((socket) => socket.pid === pid && socket.container !== null);
    const {
      project: _project,
      checkout: _checkout,
      protectedReason: _reason,
      forwarder: _forwarder,
      ...info
    } = ownerOf();
    return { ...info, pid, ppid: 1, ancestors: [1], cwd: '/', ...(forwards ? forwarderFacts : {}) };
  }

  function ownerOfPid(pid: number): ProcessOwner {
    const forwarder = sockets.some((socket) => socket.pid === pid && socket.container !== null);
    const protectedReason = forwarder ? 'It forwards the port for a container.' : null;
    return { ...infoOf(pid), project: null, checkout: null, protectedReason, forwarder };
  }

  const host: Host = {
    platform: 'linux',
    limitation: null,
    wildcardSeesAll: true,
    // What a table of sockets shows, which is not whether a `::` leaves IPv4 alone.
    listListeners: async ({ owners, ports }) =>
      markV6Only(
        sockets.map(({ protocol, address, port, inode }) => {
          const family = address.includes(':') ? (6 as const) : (4 as const);
          return { protocol, family, address, port, inode, v6only: null, uid: 1000 };
        }),
      )
        .filter(({ port }) => ports === undefined || ports.includes(port))
        .map((row): Listener => {
          const pid = sockets.find(({ inode }) => inode === row.inode)?.pid ?? 0;
          return listenerOf({ ...row, owner: owners ? ownerOfPid(pid) : null });
        }),
    socketStamp: () => JSON.stringify(sockets.map(({ inode }) => inode)),
    describeProcess: async (pid) => (sockets.some((socket) => socket.pid === pid) ? infoOf(pid) : null),
    listProcesses: async () => [],
    readEnvironment: async () => null,
    isAlive: async ({ pid }) => sockets.some((socket) => socket.pid === pid),
    protectedReason: async (pid) => ownerOfPid(pid).protectedReason,
    findWorkplace: async () => ({ project: null, checkout: null }),
    probeBind: async ({ protocol, address, port, v6only = false }) =>
      sockets.every((socket) => canBothBe(socket, { protocol, address, port, v6only })) ? 'free' : 'used',
    portLimits: async () => ({
      ephemeral: { from: 32_768, to: 60_999 },
      privilegedBelow: 1024,
      reserved: [],
      excluded: [],
    }),
  };

  function observe({ id, name, labels, state, ports, pid }: ModelContainer): ObservedContainer {
    const claims = ports.map(({ protocol, hostAddress, hostPort, containerPort }) => ({
      protocol,
      address: hostAddress,
      port: hostPort,
      containerPort,
    }));
    const up = state === 'running';
    const time = '2026-01-02T00:00:00.000Z';
    return {
      id,
      name,
      image: 'shop/web:1',
      imageId: 'sha256:1',
      state,
      statusText: state,
      createdAt: time,
      startedAt: state === 'created' ? null : time,
      finishedAt: state === 'exited' ? time : null,
      exitCode: state === 'exited' ? 143 : null,
      oomKilled: false,
      health: 'none',
      error: null,
      pid: up ? pid : null,
      labels,
      compose: null,
      ports: up ? claims : [],
      claims,
      restartPolicy: 'no',
      stopSignal: null,
      networks: [],
    };
  }

  function find(id: string): ModelContainer {
    const container = containers.get(id);
    if (container === undefined) throw new ClosError('CONTAINER_NOT_FOUND', `There is no container ${id}.`);
    return container;
  }

  async function tell(container: ModelContainer): Promise<void> {
    await machine.onChange(observe(container), container.id);
  }

  async function make(name: string, labels: Record<string, string>, ports: readonly PortBinding[]): Promise<string> {
    const id = `container-${++lastId}`;
    const container: ModelContainer = { id, name, labels, state: 'created', ports, pid: 0 };
    containers.set(id, container);
    await tell(container);
    return id;
  }

  const engine = {
    hasImage: async () => true,
    create: (spec) => make(spec.name, spec.labels, spec.ports),
    async start(id) {
      const container = find(id);
      if (container.state === 'running') return;
      const pid = bind(placesOf(container.ports), id);
      if (pid === null) throw new ClosError('PORT_CONFLICT', 'port is already allocated', { extra: { conflicts: [] } });
      Object.assign(container, { state: 'running', pid });
      await tell(container);
    },
    async stop(id) {
      const container = find(id);
      if (container.state !== 'running') return;
      end(container.pid);
      container.state = 'exited';
      await tell(container);
    },
    async rename(id, name) {
      const container = find(id);
      container.name = name;
      await tell(container);
    },
    async remove(id) {
      const container = containers.get(id);
      if (container === undefined) return;
      end(container.pid);
      containers.delete(id);
      await machine.onChange(null, id);
    },
    definition: async (id) => {
      const { name, labels } = find(id);
      return {
        id,
        name,
        image: 'shop/web:1',
        labels,
        project: null,
        claims: [],
        restart: { name: 'no', maxRetries: 0 },
        removedWhenStopped: false,
        networks: [],
        anonymousVolumes: [],
        raw: null,
      };
    },
  } satisfies Partial<ContainerEngine>;

  const machine: Machine = {
    host,
    // What starts, stops and puts back asks an engine for no more than this.
    engine: engine as Partial<ContainerEngine> as ContainerEngine,
    sockets: () => sockets,
    run: (places) => bind(places, null),
    end,
    addContainer: (name, ports) => make(name, {}, ports),
    containers: () => [...containers.values()].map(observe),
    onChange: async () => undefined,
  };
  return machine;
}
