import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import { createEndReader, type EndReader, lastEnds } from './container-ends.ts';
import type {
  ContainerChange,
  ContainerEnd,
  ContainerEngine,
  ContainerEvent,
  EngineEvent,
  EngineLog,
  EngineState,
  ObservedContainer,
} from './types.ts';

export interface EngineWatcherOptions {
  engine: ContainerEngine;
  log: EngineLog;
  /**
   * Every container, at each connection; what is missing here and was known before is gone. The first time `ends` tells, by id,
   * why those ended that ended before, as far as the engine remembers. It does not when the engine itself was away: what it
   * remembers then is that it cleared away what its predecessor had left, and nobody asked for that.
   */
  onSnapshot(containers: ObservedContainer[], ends: ReadonlyMap<string, ContainerEnd>): void;
  onChange(change: ContainerChange): void;
  onState(state: EngineState): void;
  /** How long to wait before connecting again, at first and at most; doubled in between, half of it by chance. */
  reconnectMs?: { first: number; most: number };
  /** How often a silent engine is asked whether it is still there. */
  heartbeatMs?: number;
}

export interface EngineWatcher {
  start(): void;
  stop(): Promise<void>;
}

/** What is known of a container between its events. */
interface Track {
  events: ContainerEvent[];
  ends: ContainerEnd[];
  reader: EndReader;
  inspecting: boolean;
  dirty: boolean;
}

/** How many containers are inspected at the same time. */
const inspectAtOnce = 8;

/**
 * Follows one engine: subscribes to its events, then lists, so that nothing falls between; after each event the container is
 * inspected once, however many events came together, and handed on with them.
 *
 * When the engine goes away nothing is taken back: `onState` says so, the watcher connects again, and a fresh snapshot follows.
 */
export function createEngineWatcher(options: EngineWatcherOptions): EngineWatcher {
  const { engine, log, onSnapshot, onChange, onState } = options;
  const reconnect = options.reconnectMs ?? { first: 100, most: 5000 };
  const heartbeatMs = options.heartbeatMs ?? 10_000;
  const tracks = new Map<string, Track>();
  const known = new Map<string, Pick<ObservedContainer, 'finishedAt' | 'stopSignal'>>();
  const queue: string[] = [];
  let inspecting = 0;
  let stopping: AbortController | null = null;
  let running: Promise<void> = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let isFirst = true;
    while (!signal.aborted) {
      const session = new AbortController();
      const end = () => session.abort();
      signal.addEventListener('abort', end, { once: true });
      try {
        const connected = () => {
          failures = 0;
        };
        await follow(session, { isFirst, connected });
      } catch (error) {
        if (!signal.aborted) log.debug({ err: error }, 'the connection to the container engine ended');
      } finally {
        session.abort();
        signal.removeEventListener('abort', end);
        tracks.clear();
        queue.length = 0;
      }
      if (signal.aborted) return;
      isFirst = false;
      await pause(backoff(failures++, reconnect), signal);
    }
  }

  async function follow(
    session: AbortController,
    { isFirst, connected }: { isFirst: boolean; connected: () => void },
  ): Promise<void> {
    const { signal } = session;
    const events = await engine.events({ signal });
    let listed = false;
    const early: EngineEvent[] = [];
    const pump = (async () => {
      for await (const event of events) {
        if (listed) take(event, signal);
        else early.push(event);
      }
    })();
    // The list below fails too when the stream does; whichever comes first ends the session.
    const snapshot = (async () => {
      const containers = await engine.list({ all: true, signal });
      known.clear();
      for (const container of containers) remember(container);
      const ends = isFirst ? await pastEnds(signal) : new Map<string, ContainerEnd>();
      connected();
      onSnapshot(containers, ends);
      listed = true;
      for (const event of early.splice(0)) take(event, signal);
      await heartbeat(signal);
    })();
    try {
      await Promise.race([pump, snapshot]);
    } finally {
      session.abort();
      await Promise.allSettled([pump, snapshot]);
    }
  }

  /** Without the engine's memory an end is what its exit code says. */
  async function pastEnds(signal: AbortSignal): Promise<Map<string, ContainerEnd>> {
    try {
      return lastEnds(await engine.pastEvents({ signal }), (id) => known.get(id)?.stopSignal);
    } catch (error) {
      if (!signal.aborted) log.debug({ err: error }, 'the container engine did not tell what has happened before');
      return new Map();
    }
  }

  /** Asks a silent engine; two unanswered questions in a row end the session. */
  async function heartbeat(signal: AbortSignal): Promise<void> {
    let missed = 0;
    while (!signal.aborted) {
      await pause(heartbeatMs, signal);
      if (signal.aborted) return;
      try {
        await engine.ping({ signal });
        missed = 0;
      } catch (error) {
        if (++missed >= 2) throw error;
      }
    }
  }

  function take(event: EngineEvent, signal: AbortSignal): void {
    if (event.type !== 'container' || signal.aborted) return;
    const track = tracks.get(event.id) ?? {
      events: [],
      ends: [],
      reader: createEndReader(),
      inspecting: false,
      dirty: false,
    };
    tracks.set(event.id, track);
    track.events.push(event);
    const end = track.reader.read(event, known.get(event.id)?.stopSignal);
    if (end !== null) track.ends.push(end);
    if (track.dirty) return;
    track.dirty = true;
    if (!track.inspecting) queue.push(event.id);
    drain(signal);
  }

  function drain(signal: AbortSignal): void {
    while (inspecting < inspectAtOnce) {
      const id = queue.shift();
      const track = id === undefined ? undefined : tracks.get(id);
      if (id === undefined) return;
      if (track === undefined) continue;
      inspecting++;
      track.inspecting = true;
      track.dirty = false;
      void look(id, track, signal).finally(() => {
        inspecting--;
        track.inspecting = false;
        if (track.dirty && tracks.get(id) === track) queue.push(id);
        drain(signal);
      });
    }
  }

  async function look(id: string, track: Track, signal: AbortSignal): Promise<void> {
    // What comes while the engine answers may not be in its answer: it waits for the next look.
    const change: ContainerChange = { id, container: null, events: track.events, ends: track.ends };
    track.events = [];
    track.ends = [];
    try {
      change.container = await engine.inspect(id, { signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!isClosError(error, 'CONTAINER_NOT_FOUND')) {
        // The next snapshot tells what this look could not; it comes as soon as the engine answers again.
        log.warn({ err: error, container: id }, 'a container could not be inspected');
        track.events.unshift(...change.events);
        track.ends.unshift(...change.ends);
        return;
      }
    }
    if (signal.aborted) return;
    const { container } = change;
    const isUnexplained =
      container === null
        ? !change.events.some((event) => event.action === 'destroy')
        : hasEnded(container) && container.finishedAt !== finishedAt(id) && change.ends.length === 0;
    if (isUnexplained) {
      // It has ended or is gone, but the event that says so is still under way: both are told together.
      track.events.unshift(...change.events);
      track.ends.unshift(...change.ends);
      return;
    }
    if (container !== null) remember(container);
    else if (!track.dirty) {
      tracks.delete(id);
      known.delete(id);
    }
    onChange(change);
  }

  function remember({ id, finishedAt, stopSignal }: ObservedContainer): void {
    known.set(id, { finishedAt, stopSignal });
  }

  /** The last end that was told. */
  function finishedAt(id: string): string | null {
    return known.get(id)?.finishedAt ?? null;
  }

  let unsubscribe: (() => void) | null = null;
  return {
    start() {
      if (stopping !== null) throw new ClosError('INTERNAL', 'The engine watcher runs already');
      stopping = new AbortController();
      unsubscribe = engine.onStateChange(onState);
      running = run(stopping.signal);
    },
    async stop() {
      stopping?.abort();
      unsubscribe?.();
      await running;
      stopping = null;
    },
  };
}

function hasEnded(container: ObservedContainer): boolean {
  return container.state === 'exited' || container.state === 'dead';
}

function backoff(failures: number, { first, most }: { first: number; most: number }): number {
  const full = Math.min(most, first * 2 ** Math.min(failures, 20));
  return full / 2 + (Math.random() * full) / 2;
}

/** Waits, or until the signal ends it; holds no process open. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
