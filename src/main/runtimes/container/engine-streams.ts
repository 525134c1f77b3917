import { z } from 'zod';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import { readFramedLog, readTerminalLog } from './container-logs.ts';
import { type EngineConnection, timeouts } from './engine-connection.ts';
import { eventFilters, parseEvent, readLines } from './engine-events.ts';
import { createPullMeter, splitImage } from './image-pull.ts';
import type { CallOptions, EngineEvent, LogLine, LogOptions, PullOptions } from './types.ts';

/** Image names keep their slashes in the path. */
function encodeImage(image: string): string {
  return image.split('/').map(encodeURIComponent).join('/');
}

/** What the engine says of an image; null where it has none of this name or id. */
export async function readImage(
  connection: EngineConnection,
  image: string,
  options: CallOptions = {},
): Promise<unknown> {
  try {
    return await connection.read({
      path: `/images/${encodeImage(image)}/json`,
      doing: `find the image ${image}`,
      signal: options.signal,
    });
  } catch (error) {
    if (isClosError(error, 'IMAGE_NOT_FOUND')) return null;
    throw error;
  }
}

/** Pulls an image where `when` asks for it; a registry that falls silent ends the pull, one that is merely slow does not. */
export async function pullImage(
  connection: EngineConnection,
  image: string,
  options: PullOptions,
): Promise<{ pulled: boolean }> {
  const { when = 'missing', onProgress, signal } = options;
  if (when !== 'always' && (await readImage(connection, image, { signal })) !== null) return { pulled: false };
  if (when === 'never') {
    throw new ClosError(
      'IMAGE_NOT_FOUND',
      `The image ${image} does not exist here, and the service asks never to pull it.`,
    );
  }
  const stream = await connection.open({
    method: 'POST',
    path: '/images/create',
    query: splitImage(image),
    expect: [200],
    doing: `pull ${image}`,
    timeoutMs: timeouts.pullStep,
    signal,
  });
  stream.setTimeout(timeouts.pullStep, () => stream.destroy(new Error('The registry fell silent')));
  const measure = createPullMeter(image);
  try {
    for await (const line of readLines(stream)) {
      const progress = measure(line);
      if (progress !== null) onProgress?.(progress);
    }
    return { pulled: true };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw connection.broken(error);
  } finally {
    stream.destroy();
  }
}

const terminalOfContainer = z.object({ Config: z.object({ Tty: z.boolean().default(false) }) });

/** How many of the last lines are remembered, to tell what the engine kept back. */
const remembered = 256;

/**
 * Reads a container's log; with `follow` until the container ends or the signal does.
 *
 * An engine may end its answer before it has sent the last lines of a container that ended (seen with Docker 20.10, one in three
 * of short-lived containers on a busy machine). They are in its file, so what followed is read once more and told if it is new.
 */
export async function* readLogs(
  connection: EngineConnection,
  id: string,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const { follow = false, signal } = options;
  const keyOf = ({ stream, time }: LogLine) => `${stream} ${time}`;
  const recent: LogLine[] = [];
  for await (const line of readOnce(connection, id, options)) {
    if (follow && recent.push(line) > remembered) recent.shift();
    yield line;
  }
  if (!follow || signal?.aborted) return;
  const told = new Set(recent.map(keyOf));
  const since = recent[0]?.time;
  const rest = since == null ? { ...options, follow: false } : { follow: false, since, ...(signal ? { signal } : {}) };
  try {
    for await (const line of readOnce(connection, id, rest)) if (!told.has(keyOf(line))) yield line;
  } catch (error) {
    // Removed as soon as it had ended: nothing is left to read.
    if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
  }
}

async function* readOnce(
  connection: EngineConnection,
  id: string,
  { follow = false, since, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const path = `/containers/${encodeURIComponent(id)}`;
  const doing = 'read the log of a container';
  const { Config } = terminalOfContainer.parse(await connection.read({ path: `${path}/json`, doing, signal }));
  const stream = await connection.open({
    method: 'GET',
    path: `${path}/logs`,
    query: {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow,
      tail: tail ?? 'all',
      ...(since === undefined ? {} : { since: toSeconds(since) }),
    },
    expect: [200],
    doing,
    timeoutMs: timeouts.read,
    retry: true,
    signal,
  });
  try {
    yield* Config.Tty ? readTerminalLog(stream) : readFramedLog(stream);
  } catch (error) {
    if (!signal?.aborted) throw connection.broken(error);
  } finally {
    stream.destroy();
  }
}

/** Subscribes to the engine's events; resolves when it has accepted. The stream ends by the signal, or throws. */
export async function openEvents(
  connection: EngineConnection,
  { signal }: CallOptions,
): Promise<AsyncGenerator<EngineEvent>> {
  const stream = await connection.open({
    method: 'GET',
    path: '/events',
    query: { filters: JSON.stringify(eventFilters) },
    expect: [200],
    doing: 'open its event stream',
    timeoutMs: timeouts.read,
    past: true,
    signal,
  });
  return (async function* () {
    try {
      for await (const line of readLines(stream)) {
        const event = parseEvent(line);
        if (event !== null) yield event;
      }
      if (!signal?.aborted) throw new Error('The event stream ended');
    } catch (error) {
      if (signal?.aborted) return;
      const failure = connection.broken(error);
      connection.guard.lost(failure);
      throw failure;
    } finally {
      stream.destroy();
    }
  })();
}

const rememberedMs = 30 * 24 * 3600 * 1000;
/** An engine whose clock is behind ours waits until it is then there too. */
const pastWithinMs = 2000;

/** Reads what the engine remembers of the last thirty days, oldest first. */
export async function readPastEvents(connection: EngineConnection, { signal }: CallOptions): Promise<EngineEvent[]> {
  const now = Date.now();
  const stream = await connection.open({
    method: 'GET',
    path: '/events',
    query: {
      filters: JSON.stringify(eventFilters),
      since: toSeconds((now - rememberedMs) / 1000),
      until: toSeconds(now / 1000),
    },
    expect: [200],
    doing: 'tell what has happened',
    timeoutMs: timeouts.read,
    signal,
  });
  const patience = AbortSignal.timeout(pastWithinMs);
  patience.addEventListener('abort', () => stream.destroy(), { once: true });
  const events: EngineEvent[] = [];
  try {
    for await (const line of readLines(stream)) {
      const event = parseEvent(line);
      if (event !== null) events.push(event);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (!patience.aborted) throw connection.broken(error);
  } finally {
    stream.destroy();
  }
  return events;
}

function toSeconds(time: string | number): string {
  return typeof time === 'number' ? String(time) : (new Date(time).getTime() / 1000).toFixed(3);
}
