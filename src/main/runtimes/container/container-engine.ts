import { z } from 'zod';
import { isClosError } from '#shared/contract/clos-error.ts';
import { carriedVolumes } from './carry-over.ts';
import { wholeSeconds } from './container-body.ts';
import { createContainerCreation } from './container-creation.ts';
import type { PolicyOptions } from './container-policy.ts';
import { createEngineConnection, type EngineLocation, type ReadRequest, timeouts } from './engine-connection.ts';
import { answerOf, isAmbiguous } from './engine-errors.ts';
import type { GuardOptions } from './engine-guard.ts';
import { openEvents, pullImage, readImage, readLogs, readPastEvents } from './engine-streams.ts';
import type { EngineReply, EngineRequest } from './engine-transport.ts';
import { parseInspect, parseList } from './observed-container.ts';
import type { CallOptions, ContainerEngine, EngineLog, ObservedContainer } from './types.ts';

export interface ContainerEngineOptions {
  address: EngineLocation;
  log: EngineLog;
  /** What the container policy protects besides the usual: the home of CLOS, for one. */
  policy?: PolicyOptions;
  guard?: Omit<GuardOptions, 'log'>;
}

/** How many containers are inspected at the same time for a list. */
const inspectAtOnce = 16;

/** Networks that every engine brings along. */
const builtInNetworks = new Set(['bridge', 'default', 'none', 'podman']);

const endpointsAnswer = z.object({
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ NetworkID: z.string(), Aliases: z.array(z.string()).nullish() })),
  }),
});
const versionAnswer = z.object({
  Version: z.string().default(''),
  ApiVersion: z.string().default(''),
  Os: z.string().default(''),
  Arch: z.string().default(''),
  Components: z.array(z.object({ Name: z.string().default('') })).nullish(),
});

/**
 * The engine at an address. Opens no connection before the first call; `close()` ends all of them.
 *
 * Reads, `start`, `stop` and `remove` are retried, since doing them twice equals doing them once. `create`, `restart` and
 * `rename` are not: a create whose answer was lost looks for the container that carries its operation label and adopts it.
 */
export function createContainerEngine(options: ContainerEngineOptions): ContainerEngine {
  const { log, policy = {} } = options;
  const connection = createEngineConnection(options.address, options);
  const { guard } = connection;
  const networks = new Map<string, Promise<void>>();
  // An engine that was away may come back without our network.
  guard.onStateChange((state) => {
    if (state.status === 'unavailable') networks.clear();
  });

  async function inspect(id: string, { signal }: CallOptions = {}): Promise<ObservedContainer> {
    const body = await connection.read({ path: containerPath(id, '/json'), doing: `inspect ${short(id)}`, signal });
    return parseInspect(body);
  }

  async function inspectOrNull(id: string, options?: CallOptions): Promise<ObservedContainer | null> {
    return await orNull(inspect(id, options), 'CONTAINER_NOT_FOUND');
  }

  /** Every container of a list in full; one that cannot be inspected must not hide the others, and is told in short. */
  async function list(query: NonNullable<ReadRequest['query']>, { signal }: CallOptions): Promise<ObservedContainer[]> {
    const body = await connection.read({ path: '/containers/json', query, doing: 'list containers', signal });
    const summaries = parseList(body);
    const found = new Map<string, ObservedContainer>();
    const waiting = summaries.values();
    const worker = async () => {
      for (const summary of waiting) {
        try {
          const container = await inspectOrNull(summary.id, { signal });
          if (container !== null) found.set(summary.id, container);
        } catch (error) {
          if (signal?.aborted || isClosError(error, 'ENGINE_UNAVAILABLE')) throw error;
          log.warn({ err: error, container: summary.id }, 'a container could not be inspected');
          found.set(summary.id, summary);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(inspectAtOnce, summaries.length) }, worker));
    return summaries.map(({ id }) => found.get(id)).filter((container) => container !== undefined);
  }

  async function ensureNetwork(name: string, { signal }: CallOptions = {}): Promise<void> {
    if (builtInNetworks.has(name)) return;
    const known = networks.get(name);
    if (known !== undefined) return await known;
    // Not the caller's signal: others wait for the same network.
    signal?.throwIfAborted();
    const made = connection
      .call({
        method: 'POST',
        path: '/networks/create',
        body: { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: { 'dev.candlefish.clos.network': name } },
        expect: [201, 409], // 409: there is one of this name
        doing: `make the network ${name}`,
        timeoutMs: timeouts.read,
        retry: true,
      })
      .then(() => undefined);
    networks.set(name, made);
    try {
      await made;
    } catch (error) {
      if (networks.get(name) === made) networks.delete(name);
      throw error;
    }
  }

  /** Makes a network again that is gone; a container that ran on the old one remembers its id, and is told of the new. */
  async function reconnect(id: string, gone: string, { signal }: CallOptions): Promise<void> {
    const body = await connection.read({ path: containerPath(id, '/json'), doing: `inspect ${short(id)}`, signal });
    for (const [name, endpoint] of Object.entries(endpointsAnswer.parse(body).NetworkSettings.Networks)) {
      if (name !== gone && endpoint.NetworkID !== gone) continue;
      networks.delete(name);
      await ensureNetwork(name, { signal });
      if (endpoint.NetworkID !== gone) continue;
      await connection.call({
        method: 'POST',
        path: `/networks/${encodeURIComponent(name)}/connect`,
        body: { Container: id, EndpointConfig: { Aliases: endpoint.Aliases ?? [] } },
        expect: [200],
        doing: `connect ${short(id)} to the network ${name}`,
        timeoutMs: timeouts.read,
        signal,
      });
    }
  }

  async function carriedBy(id: string, { signal }: CallOptions): Promise<string[]> {
    const read = connection.read({ path: containerPath(id, '/json'), doing: `inspect ${short(id)}`, signal });
    const body = await orNull(read, 'CONTAINER_NOT_FOUND');
    return body === null ? [] : carriedVolumes(body);
  }

  /** One that another container has stays, and so does one that cannot be removed now: the container itself is gone. */
  async function removeVolume(name: string, { signal }: CallOptions): Promise<void> {
    const request = { method: 'DELETE' as const, path: `/volumes/${name}`, expect: [204, 404, 409] };
    const doing = `remove the volume ${name}`;
    await connection
      .call({ ...request, doing, timeoutMs: timeouts.change, retry: true, signal })
      .catch((error: unknown) => log.debug({ err: error, volume: name }, 'a volume could not be removed'));
  }

  async function change(
    id: string,
    what: { verb: string; doing?: string; expect: number[] } & Partial<EngineRequest> & { retry?: boolean },
  ): Promise<EngineReply> {
    const { verb, doing = verb, ...rest } = what;
    const path = containerPath(id, `/${verb}`);
    return await connection.call({
      method: 'POST',
      path,
      doing: `${doing} ${short(id)}`,
      timeoutMs: timeouts.change,
      ...rest,
    });
  }

  const creation = createContainerCreation({
    connection,
    log,
    policy,
    ensureNetwork,
    list: async ({ labels, signal }) => await list({ all: true, filters: labelFilter(labels) }, { signal }),
  });

  return {
    ...creation,
    get state() {
      return guard.state;
    },
    onStateChange: guard.onStateChange,
    ensureNetwork,
    inspect,

    async ping({ signal } = {}) {
      const timeoutMs = timeouts.ping;
      await connection.probe({ method: 'GET', path: '/_ping', expect: [200], doing: 'answer', timeoutMs, signal });
    },

    async info({ signal } = {}) {
      const body = await connection.read({ path: '/version', doing: 'say its version', signal });
      const answer = versionAnswer.parse(body);
      const isPodman = (answer.Components ?? []).some((component) => /podman/i.test(component.Name));
      const { Version: version, ApiVersion: apiVersion, Os: os, Arch: arch } = answer;
      return { name: isPodman ? 'Podman' : 'Docker', version, apiVersion, os, arch };
    },

    async hasImage(image, options) {
      return (await readImage(connection, image, options)) !== null;
    },

    async pull(image, options = {}) {
      return await pullImage(connection, image, options);
    },

    async start(id, options = {}) {
      const request = { verb: 'start', expect: [204, 304], retry: true, signal: options.signal }; // 304: runs already
      try {
        await change(id, request);
      } catch (error) {
        const gone = goneNetwork(error);
        if (gone === null) throw error;
        await reconnect(id, gone, options);
        await change(id, request);
      }
    },

    async stop(id, { graceMs, signal }) {
      const timeoutMs = graceMs + timeouts.stop;
      const query = { t: wholeSeconds(graceMs) };
      // 304: stands still already
      await change(id, { verb: 'stop', query, expect: [204, 304], timeoutMs, retry: true, slow: true, signal });
    },

    async restart(id, { graceMs, signal }) {
      const timeoutMs = graceMs + timeouts.change;
      const query = { t: wholeSeconds(graceMs) };
      await change(id, { verb: 'restart', query, expect: [204], timeoutMs, slow: true, signal });
    },

    async remove(id, { force = false, keepVolumes = false, carriedToo = false, signal } = {}) {
      const carried = carriedToo ? await carriedBy(id, { signal }) : [];
      try {
        await connection.call({
          method: 'DELETE',
          path: containerPath(id, ''),
          query: { force, v: !keepVolumes },
          expect: [204, 404], // 404: gone already
          doing: `remove ${short(id)}`,
          timeoutMs: timeouts.change,
          retry: true,
          slow: true,
          signal,
        });
      } catch (error) {
        // Another removal is under way: the same end.
        if (!/already in progress/i.test(answerOf(error)?.message ?? '')) throw error;
      }
      await Promise.all(carried.map(async (volume) => await removeVolume(volume, { signal })));
    },

    async rename(id, name, { signal } = {}) {
      try {
        await change(id, { verb: 'rename', query: { name }, expect: [204], signal });
      } catch (error) {
        if (!isAmbiguous(error) || (await inspectOrNull(id, { signal }))?.name !== name) throw error;
      }
    },

    async list({ all = false, labels = {}, signal } = {}) {
      return await list({ all, filters: labelFilter(labels) }, { signal });
    },

    logs(id, options = {}) {
      return readLogs(connection, id, options);
    },

    async events(options = {}) {
      const events = await openEvents(connection, options);
      return (async function* () {
        for await (const event of events) {
          if (event.type === 'network') networks.delete(event.name);
          yield event;
        }
      })();
    },

    pastEvents: (options = {}) => readPastEvents(connection, options),

    close() {
      connection.close();
    },
  };
}

function containerPath(id: string, rest: string): string {
  return `/containers/${encodeURIComponent(id)}${rest}`;
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}

function labelFilter(labels: Record<string, string>): string {
  return JSON.stringify({ label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) });
}

async function orNull<T>(value: Promise<T>, code: 'CONTAINER_NOT_FOUND'): Promise<T | null> {
  try {
    return await value;
  } catch (error) {
    if (isClosError(error, code)) return null;
    throw error;
  }
}

/** The network whose absence made a start fail. */
function goneNetwork(error: unknown): string | null {
  return /\bnetwork (\S+) not found/i.exec(answerOf(error)?.message ?? '')?.[1] ?? null;
}
