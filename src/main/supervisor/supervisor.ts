import type { Logger } from 'pino';
import { recordOf } from '#shared/base/record-of.ts';
import type { Client } from '#shared/client/client.ts';
import { type ModuleName, moduleNames } from '#shared/contract/access.ts';
import type { Discovery, ModuleState } from '#shared/contract/system.ts';
import type { Home } from '#shared/node/home.ts';
import type { Config } from '../config/config.ts';
import { type Lock, tryLock } from '../database/lock.ts';
import { removeDiscovery, writeDiscovery } from './discovery-file.ts';
import { loadIdentity, makeServiceKeys } from './identity.ts';
import type { StartOrder } from './messages.ts';
import { type BoundPorts, type PortName, type PortPlan, portNames } from './module.ts';
import { planPorts } from './port-plan.ts';
import { createSiblings } from './siblings.ts';
import type { ModuleStarter } from './starter.ts';
import { type SupervisedModule, superviseModule } from './supervised-module.ts';

export interface SupervisorOptions {
  home: Home;
  packageRoot: string;
  config: Config;
  version: string;
  starter: ModuleStarter;
  log: Logger;
}

export interface Supervisor {
  /** Starts all modules and says where they are. Throws `AlreadyRunning` when this home has a supervisor. */
  start(): Promise<Discovery>;
  /** Stops all modules in reverse order within `stopTimeoutMs`. Managed services go on. */
  stop(): Promise<void>;
  states(): ModuleState[];
  onState(listener: (state: ModuleState) => void): () => void;
  /** Doorbells, for the desktop. */
  onRing(listener: (seq: number) => void): () => void;
  /** The typed client on a module's socket, as the supervisor. */
  client(name: ModuleName): Client;
  /** Hands the api one end of a message channel; requests on it act as the desktop. */
  attachPort(port: unknown): void;
}

/** Another supervisor has this home. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

/** What may start together. They stop in the reverse order. */
const waves: readonly (readonly ModuleName[])[] = [
  ['api'],
  ['resolver', 'worker', 'monitor', 'websocket'],
  ['gateway'],
];

/** Which module has which TCP listener. */
const ownerOf: Readonly<Record<PortName, ModuleName>> = {
  gateway: 'gateway',
  api: 'api',
  websocket: 'websocket',
  monitor: 'monitor',
  resolver: 'resolver',
  dashboard: 'gateway',
};

/** Ports that were bound before come first, so that a restarted module is found where it was. */
function stickyPorts(plan: PortPlan, bound: BoundPorts): StartOrder['ports'] {
  return recordOf(portNames, (name) => {
    const had = bound[name];
    const { preferred, candidates } = plan[name];
    return { preferred, candidates: had === undefined ? [...candidates] : [had, ...candidates] };
  });
}

/** The only thing that the desktop and `clos serve` share: it starts, watches, restarts and stops the modules of one home. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { home, config, log } = options;
  const plan = planPorts(config);
  const serviceKeys = makeServiceKeys();
  const siblings = createSiblings({ home, key: serviceKeys.supervisor });
  const stateListeners = new Set<(state: ModuleState) => void>();
  const ringListeners = new Set<(seq: number) => void>();
  let lock: Lock | null = null;
  let modules = new Map<ModuleName, SupervisedModule>();
  let stopping: Promise<void> | null = null;

  const states = () => moduleNames.flatMap((name) => modules.get(name)?.state ?? []);

  let reporting = false;
  let changed = false;

  /**
   * The api keeps the states for `/system/status` and records the changes. While it is away itself, nothing is reported. One report
   * goes after the other, each with the states of its moment: one that had to wait must not overtake a newer one.
   */
  function report(): void {
    changed = true;
    if (!reporting) void sendReports();
  }

  async function sendReports(): Promise<void> {
    reporting = true;
    while (changed && stopping === null && modules.get('api')?.state.state === 'ready') {
      changed = false;
      await siblings
        .to('api')
        .internal.reportModules({ modules: states() })
        .catch((error: unknown) => log.debug({ err: error }, 'the states could not be reported'));
    }
    reporting = false;
  }

  function createModules(identityKey: string): Map<ModuleName, SupervisedModule> {
    return new Map(
      moduleNames.map((name) => [
        name,
        superviseModule({
          name,
          starter: options.starter,
          config,
          log,
          orderFor: (bound) => ({
            version: options.version,
            homeRoot: home.root,
            packageRoot: options.packageRoot,
            config,
            serviceKeys,
            identityKey,
            ports: stickyPorts(plan, bound),
          }),
          onChange: (state) => {
            report();
            for (const listener of stateListeners) listener(state);
          },
          onRing: (seq) => {
            for (const [other, module] of modules) if (other !== name) module.send({ type: 'ring', seq });
            for (const listener of ringListeners) listener(seq);
          },
          onDatabaseReplaced: () => {
            for (const [other, module] of modules) if (other !== name) module.renew();
          },
        }),
      ]),
    );
  }

  function discover(startedAt: string, identity: string): Discovery {
    const addresses = recordOf(portNames, (name) => {
      const owner = ownerOf[name];
      const port = modules.get(owner)?.ports[name];
      if (port === undefined) throw new Error(`The ${owner} did not say where its ${name} listens.`);
      return { url: `http://127.0.0.1:${port}`, preferredPort: plan[name].preferred, socket: home.socketOf(owner) };
    });
    return {
      version: options.version,
      pid: process.pid,
      startedAt,
      identity,
      ...addresses,
    };
  }

  async function stopModules(): Promise<void> {
    const deadline = performance.now() + config.stopTimeoutMs;
    for (const wave of [...waves].reverse()) {
      const limit = Math.max(500, deadline - performance.now());
      await Promise.all(wave.map((name) => modules.get(name)?.stop(limit)));
    }
  }

  async function end(): Promise<void> {
    // Without the lock the home is another supervisor's, and so is its discovery file.
    if (lock === null) return;
    removeDiscovery(home);
    await stopModules();
    siblings.close();
    lock.release();
    lock = null;
  }

  return {
    async start() {
      lock = tryLock(home.lockFile);
      if (lock === null) throw new AlreadyRunning(`CLOS already runs for ${home.root}.`);
      const startedAt = new Date().toISOString();
      const identity = loadIdentity(home);
      removeDiscovery(home);
      modules = createModules(identity.privateKeyPem);
      try {
        for (const wave of waves) await Promise.all(wave.map((name) => modules.get(name)?.start()));
        const discovery = discover(startedAt, identity.publicKey);
        writeDiscovery(home, discovery);
        report();
        return discovery;
      } catch (error) {
        stopping = end();
        await stopping;
        throw error;
      }
    },
    stop() {
      stopping ??= end();
      return stopping;
    },
    states,
    onState(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    onRing(listener) {
      ringListeners.add(listener);
      return () => void ringListeners.delete(listener);
    },
    client: siblings.to,
    attachPort: (port) => modules.get('api')?.send({ type: 'attach-port' }, [port]),
  };
}
