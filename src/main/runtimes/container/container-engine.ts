import { z } from 'zod';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import { toContainerBody, wholeSeconds } from './container-body.ts';
import { readFramedLog, readTerminalLog } from './container-logs.ts';
import { assertAllowed, type PolicyOptions } from './container-policy.ts';
import { answerOf, isAmbiguous, unreachable } from './engine-errors.ts';
import { eventFilters, parseEvent, readLines } from './engine-events.ts';
import { createEngineGuard, type GuardOptions } from './engine-guard.ts';
import { describeAddress, type EngineReply, type EngineRequest, type EngineTransport, openTransport } from './engine-transport.ts';
import { createPullMeter, splitImage } from './image-pull.ts';
import { parseInspect } from './observed-container.ts';
import {
  type CallOptions,
  type ContainerEngine,
  type ContainerSpec,
  containerLabels,
  type EngineAddress,
  type EngineEvent,
  type EngineLog,
  type LogLine,
  type ObservedContainer,
} from './types.ts';

export interface ContainerEngineOptions {
  address: EngineAddress;
  log: EngineLog;
  /** What the container policy protects besides the usual: the home of CLOS, for one. */
  policy?: PolicyOptions;
  guard?: Omit<GuardOptions, 'log'>;
}

/** How long each kind of call may take; a stop gets its grace on top. */
const timeouts = { ping: 3000, read: 10_000, change: 60_000, stop: 20_000, pullStep: 120_000, list: 30_000 };

/** How many containers are inspected at the same time for a list. */
const inspectAtOnce = 16;

const namesInList = z.array(z.object({ Id: z.string() }));
const createAnswer = z.object({ Id: z.string() });
const versionAnswer = z.object({
  Version: z.string().default(''),
  ApiVersion: z.string().default(''),
  Os: z.string().default(''),
  Arch: z.string().default(''),
  Components: z.array(z.object({ Name: z.string().default('') })).nullish(),
});

/** Networks that every engine brings along. */
const builtInNetworks = new Set(['bridge', 'default', 'none', 'podman']);

/**
 * The engine at an address. Opens no connection before the first call; `close()` ends all of them.
 *
 * Reads, `start`, `stop` and `remove` are retried, since doing them twice equals doing them once. `create`, `restart` and
 * `rename` are not: a create whose answer was lost looks for the container that carries its operation label and adopts it.
 */
export function createContainerEngine({ address, log, policy = {}, guard: guardOptions }: ContainerEngineOptions): ContainerEngine {
  const guard = createEngineGuard({ log, ...guardOptions });
  const where = describeAddress(address);
  const networks = new Map<string, Promise<void>>();
  let transport: Promise<EngineTransport> | null = null;
  let closed = false;
  // An engine that was away may come back without our network.
  guard.onStateChange((state) => {
    if (state.status === 'unavailable') networks.clear();
  });

  async function connection(): Promise<EngineTransport> {
    if (closed) throw new ClosError('SHUTTING_DOWN', 'The connection to the container engine is closed.');
    transport ??= openTransport(address);
    try {
      return await transport;
    } catch (error) {
      transport = null;
      throw error;
    }
  }

  async function call(request: EngineRequest & { retry?: boolean }): Promise<EngineReply> {
    const attempt = async () => await (await connection()).call(request);
    return await guard.run(attempt, { retry: request.retry ?? false, signal: request.signal });
  }

  async function read(path: string, doing: string, options: CallOptions = {}, query?: EngineRequest['query']): Promise<unknown> {
    const reply = await call({
      method: 'GET',
      path,
      ...(query === undefined ? {} : { query }),
      expect: [200],
      doing,
      timeoutMs: timeouts.read,
      signal: options.signal,
      retry: true,
    });
    return reply.body;
  }

  async function inspect(id: string, options?: CallOptions): Promise<{ container: ObservedContainer; tty: boolean }> {
    return parseInspect(await read(`/containers/${encodeURIComponent(id)}/json`, `inspect ${short(id)}`, options));
  }

  async function inspectOrNull(id: string, options?: CallOptions): Promise<ObservedContainer | null> {
    try {
      return (await inspect(id, options)).container;
    } catch (error) {
      if (isClosError(error, 'CONTAINER_NOT_FOUND')) return null;
      throw error;
    }
  }

  async function findIds(all: boolean, labels: Record<string, string>, options?: CallOptions): Promise<string[]> {
    const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const body = await read('/containers/json', 'list containers', options, {
      all,
      ...(label.length === 0 ? {} : { filters: JSON.stringify({ label }) }),
    });
    return namesInList.parse(body).map((each) => each.Id);
  }

  /** The container that this very operation made, by its label; the only one that a create may adopt. */
  async function findByOperation(spec: ContainerSpec, options?: CallOptions): Promise<string | null> {
    const operation = spec.labels[containerLabels.operation];
    if (operation === undefined) return null;
    const ids = await findIds(true, { [containerLabels.operation]: operation }, options);
    const found = await Promise.all(ids.map((id) => inspectOrNull(id, options)));
    return found.find((each) => each?.name === spec.name)?.id ?? null;
  }

  async function ensureNetwork(name: string, options: CallOptions = {}): Promise<void> {
    if (builtInNetworks.has(name)) return;
    let known = networks.get(name);
    if (known === undefined) {
      known = call({
        method: 'POST',
        path: '/networks/create',
        body: { Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: { 'dev.candlefish.clos.network': name } },
        expect: [201, 409], // 409: there is one of this name
        doing: `make the network ${name}`,
        timeoutMs: timeouts.read,
        retry: true,
        signal: options.signal,
      }).then(() => undefined);
      networks.set(name, known);
      known.catch(() => networks.delete(name));
    }
    await known;
  }

  async function change(
    path: string,
    doing: string,
    rest: Pick<EngineRequest, 'expect'> & Partial<EngineRequest> & { retry?: boolean },
  ): Promise<EngineReply> {
    return await call({ method: 'POST', path, doing, timeoutMs: timeouts.change, ...rest });
  }

  const engine: ContainerEngine = {
    get state() {
      return guard.state;
    },
    onStateChange: guard.onStateChange,

    async ping(options = {}) {
      await guard.probe(async () => {
        await (await connection()).call({
          method: 'GET',
          path: '/_ping',
          expect: [200],
          doing: 'answer',
          timeoutMs: timeouts.ping,
          signal: options.signal,
        });
      });
    },

    async info(options) {
      const answer = versionAnswer.parse(await read('/version', 'say its version', options));
      const isPodman = (answer.Components ?? []).some((component) => /podman/i.test(component.Name));
      return {
        name: isPodman ? 'Podman' : 'Docker',
        version: answer.Version,
        apiVersion: answer.ApiVersion,
        os: answer.Os,
        arch: answer.Arch,
      };
    },

    ensureNetwork,

    async hasImage(image, options) {
      try {
        await read(`/images/${encodePath(image)}/json`, `find the image ${image}`, options);
        return true;
      } catch (error) {
        if (isClosError(error, 'IMAGE_NOT_FOUND')) return false;
        throw error;
      }
    },

    async pull(image, { when = 'missing', onProgress, signal } = {}) {
      if (when !== 'always' && (await engine.hasImage(image, { signal }))) return { pulled: false };
      if (when === 'never') {
        throw new ClosError('IMAGE_NOT_FOUND', `The image ${image} does not exist here, and the service asks never to pull it.`);
      }
      const stream = await guard.run(
        async () =>
          await (await connection()).stream({
            method: 'POST',
            path: '/images/create',
            query: splitImage(image),
            expect: [200],
            doing: `pull ${image}`,
            timeoutMs: timeouts.pullStep,
            signal,
          }),
        { retry: false, signal },
      );
      // A registry that falls silent ends the pull; one that is merely slow does not.
      stream.setTimeout(timeouts.pullStep, () => stream.destroy(new Error('The registry fell silent')));
      const measure = createPullMeter(image);
      try {
        for await (const line of readLines(stream)) {
          const progress = measure(line);
          if (progress !== null) onProgress?.(progress);
        }
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw error instanceof ClosError ? error : unreachable(where, error);
      }
      return { pulled: true };
    },

    async create(spec, options = {}) {
      const body = toContainerBody(spec);
      await assertAllowed(body, policy);
      await ensureNetwork(spec.network, options);
      const { name, ...rest } = body;
      try {
        const reply = await change('/containers/create', `create ${spec.name}`, {
          query: { name: spec.name },
          body: rest,
          expect: [200, 201], // 200: some proxies
          signal: options.signal,
        });
        return createAnswer.parse(reply.body).Id;
      } catch (error) {
        if (!isAmbiguous(error) && !isClosError(error, 'CONTAINER_NAME_TAKEN')) throw error;
        const made = await findByOperation(spec, options).catch((lookup: unknown) => {
          log.debug({ err: lookup, name: spec.name }, 'could not look for the container of a create without answer');
          return null;
        });
        if (made === null) throw error;
        log.info({ container: made, name: spec.name }, 'adopted the container of a create whose answer was lost');
        return made;
      }
    },

    async start(id, options = {}) {
      const request = { expect: [204, 304], retry: true, signal: options.signal }; // 304: runs already
      const path = `/containers/${encodeURIComponent(id)}/start`;
      try {
        await change(path, `start ${short(id)}`, request);
      } catch (error) {
        const gone = goneNetwork(error);
        if (gone === null) throw error;
        networks.delete(gone);
        await ensureNetwork(gone, options);
        await change(path, `start ${short(id)}`, request);
      }
    },

    async stop(id, { graceMs, signal }) {
      await change(`/containers/${encodeURIComponent(id)}/stop`, `stop ${short(id)}`, {
        query: { t: wholeSeconds(graceMs) },
        expect: [204, 304], // 304: stands still already
        timeoutMs: graceMs + timeouts.stop,
        retry: true,
        slow: true,
        signal,
      });
    },

    async restart(id, { graceMs, signal }) {
      await change(`/containers/${encodeURIComponent(id)}/restart`, `restart ${short(id)}`, {
        query: { t: wholeSeconds(graceMs) },
        expect: [204],
        timeoutMs: graceMs + timeouts.change,
        slow: true,
        signal,
      });
    },

    async remove(id, { force = false, signal } = {}) {
      try {
        await change(`/containers/${encodeURIComponent(id)}`, `remove ${short(id)}`, {
          method: 'DELETE',
          query: { force, v: true },
          expect: [204, 404], // 404: gone already
          retry: true,
          slow: true,
          signal,
        });
      } catch (error) {
        // Another removal is under way: the same end.
        if (!/already in progress/i.test(answerOf(error)?.message ?? '')) throw error;
      }
    },

    async rename(id, name, options = {}) {
      try {
        await change(`/containers/${encodeURIComponent(id)}/rename`, `rename ${short(id)} to ${name}`, {
          query: { name },
          expect: [204],
          signal: options.signal,
        });
      } catch (error) {
        if (!isAmbiguous(error) || (await inspectOrNull(id, options))?.name !== name) throw error;
      }
    },

    async inspect(id, options) {
      return (await inspect(id, options)).container;
    },

    async list({ all = false, labels = {}, signal } = {}) {
      const ids = await findIds(all, labels, { signal });
      const found = new Map<string, ObservedContainer>();
      const waiting = [...ids];
      const worker = async () => {
        for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
          const container = await inspectOrNull(id, { signal });
          if (container !== null) found.set(id, container);
        }
      };
      await Promise.all(Array.from({ length: Math.min(inspectAtOnce, ids.length) }, worker));
      return ids.map((id) => found.get(id)).filter((container) => container !== undefined);
    },

    async *logs(id, { follow = false, since, tail, signal } = {}): AsyncGenerator<LogLine> {
      const { tty } = await inspect(id, { signal });
      const stream = await guard.run(
        async () =>
          await (await connection()).stream({
            method: 'GET',
            path: `/containers/${encodeURIComponent(id)}/logs`,
            query: {
              stdout: true,
              stderr: true,
              timestamps: true,
              follow,
              ...(since === undefined ? {} : { since: toSeconds(since) }),
              tail: tail ?? 'all',
            },
            expect: [200],
            doing: `read the log of ${short(id)}`,
            timeoutMs: timeouts.read,
            signal,
          }),
        { retry: true, signal },
      );
      try {
        yield* tty ? readTerminalLog(stream) : readFramedLog(stream);
      } catch (error) {
        if (signal?.aborted) return;
        throw error instanceof ClosError ? error : unreachable(where, error);
      } finally {
        stream.destroy();
      }
    },

    async events({ signal, since } = {}) {
      const stream = await guard.probe(
        async () =>
          await (await connection()).stream({
            method: 'GET',
            path: '/events',
            query: { filters: JSON.stringify(eventFilters), ...(since === undefined ? {} : { since: toSeconds(since) }) },
            expect: [200],
            doing: 'open its event stream',
            timeoutMs: timeouts.read,
            signal,
          }),
      );
      return readEvents(stream);

      async function* readEvents(source: typeof stream): AsyncGenerator<EngineEvent> {
        try {
          for await (const line of readLines(source)) {
            const event = parseEvent(line);
            if (event?.type === 'network') networks.delete(event.name);
            if (event !== null) yield event;
          }
          throw new Error('The event stream ended');
        } catch (error) {
          if (signal?.aborted) return;
          const failure = unreachable(where, error);
          guard.lost(failure);
          throw failure;
        } finally {
          source.destroy();
        }
      }
    },

    close() {
      closed = true;
      transport?.then((open) => open.close()).catch(() => undefined);
    },
  };
  return engine;
}

function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}

/** Image names keep their slashes in the path. */
function encodePath(image: string): string {
  return image.split('/').map(encodeURIComponent).join('/');
}

function toSeconds(time: string | number): string {
  return typeof time === 'number' ? String(time) : (new Date(time).getTime() / 1000).toFixed(3);
}

/** The network whose absence made a start fail. */
function goneNetwork(error: unknown): string | null {
  return /\bnetwork (\S+) not found/i.exec(answerOf(error)?.message ?? '')?.[1] ?? null;
}
