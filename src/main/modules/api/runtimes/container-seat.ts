import { homedir } from 'node:os';
import type { Logger } from 'pino';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { EngineStatus } from '#shared/contract/system.ts';
import { createContainerEngine } from '../../../runtimes/container/container-engine.ts';
import { findEngine } from '../../../runtimes/container/engine-address.ts';
import { createEngineWatcher } from '../../../runtimes/container/engine-watcher.ts';
import type {
  ContainerChange,
  ContainerEnd,
  ContainerEngine,
  EngineFinding,
  ObservedContainer,
} from '../../../runtimes/container/types.ts';

export interface EngineSeat {
  engine: ContainerEngine;
  status(): EngineStatus;
  /** Looks at one container now. Resolves when what it is now is recorded, though the engine's own news of it may still be on its way. */
  refresh(id: string): Promise<void>;
  /** Follows the engine. Resolves after the first look: with a snapshot taken, or knowing that there is no engine now. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface EngineSeatOptions {
  log: Logger;
  /** Folders that no container may mount: the home of CLOS. */
  protectedPaths: string[];
  onSnapshot(containers: ObservedContainer[], ends: ReadonlyMap<string, ContainerEnd>): Promise<void>;
  onChange(change: ContainerChange): Promise<void>;
  onState(status: EngineStatus): Promise<void>;
}

/** How long the start of CLOS waits for an engine that neither answers nor refuses. */
const firstLookMs = 3000;

/** The one engine of this home: found as the docker command finds it, followed for as long as the api runs. */
export function createEngineSeat(options: EngineSeatOptions): EngineSeat {
  const { log } = options;
  let finding: EngineFinding = { found: false, reason: 'No engine has been looked for yet.' };
  let version: { name: string; version: string } | null = null;
  let looked: () => void = () => undefined;
  const firstLook = new Promise<void>((resolve) => {
    looked = resolve;
  });
  /** Observations are recorded one after the other, in the order in which they came. */
  let queue: Promise<void> = Promise.resolve();

  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue
      .then(work)
      .catch((error: unknown) => log.error({ err: error }, 'an observation could not be recorded'));
    return queue;
  }

  const engine = createContainerEngine({
    address: async () => {
      finding = await findEngine(process.env, homedir());
      return finding;
    },
    log,
    policy: { trees: options.protectedPaths, homes: [homedir()] },
  });

  function status(): EngineStatus {
    const { state } = engine;
    const available = state.status === 'available';
    return {
      state: available ? 'available' : finding.found ? 'unavailable' : 'none',
      name: version?.name ?? null,
      version: version?.version ?? null,
      address: finding.found && finding.address.kind !== 'tcp' ? finding.address.path : null,
      found: finding.found ? finding.how : finding.reason,
      reason: available ? null : state.reason,
      since: state.since,
    };
  }

  const watcher = createEngineWatcher({
    engine,
    log,
    onSnapshot: (containers, ends) => {
      void enqueue(async () => {
        version = await engine.info().catch(() => null);
        await options.onSnapshot(containers, ends);
      }).then(looked);
    },
    onChange: (change) => void enqueue(() => options.onChange(change)),
    onState: () => void enqueue(() => options.onState(status())),
  });

  return {
    engine,
    status,
    refresh: (id) =>
      enqueue(async () => {
        const container = await engine.inspect(id).catch((error: unknown) => {
          if (isClosError(error, 'CONTAINER_NOT_FOUND')) return null;
          throw error;
        });
        await options.onChange({ id, container, events: [], ends: [] });
      }),
    async start() {
      watcher.start();
      const limit = setTimeout(looked, firstLookMs);
      // An engine that refuses is a change from nothing to nothing: no state change tells of it.
      engine.ping().catch(() => enqueue(() => options.onState(status())).then(looked));
      await firstLook;
      clearTimeout(limit);
    },
    async stop() {
      await watcher.stop();
      await queue;
      engine.close();
    },
  };
}
