import { findHome } from '#shared/node/home.ts';
import { createLog } from '../log.ts';
import { StartRefused } from '../start-refused.ts';
import { type FromModule, type StartOrder, toModuleSchema } from './messages.ts';
import type { Bus, ModuleContext, ModuleDefinition, ModulePort, ProcessKind, RunningModule } from './module.ts';
import { createSiblings } from './siblings.ts';

/** The module's end of the channel to its supervisor, whatever the process is. */
export interface HostChannel {
  send(message: FromModule): void;
  onMessage(listener: (message: unknown, ports: readonly ModulePort[]) => void): void;
  /** The supervisor is gone. */
  onClose(listener: () => void): void;
}

function createBus(send: (message: FromModule) => void): Bus & { rung(seq: number): void } {
  const listeners = new Set<(seq: number) => void>();
  return {
    ring: (seq) => send({ type: 'ring', seq }),
    onRing(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    rung(seq) {
      for (const listener of listeners) listener(seq);
    },
  };
}

/** Why a module could not start; of a defect also where. */
function reasonOf(error: unknown): string {
  if (error instanceof StartRefused) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Runs one module at the end of a channel: starts it when told, answers heartbeats, passes doorbells, stops it when told or when
 * the supervisor is gone. `ended` is called once, after everything that the module began has ended.
 */
export function hostModule(
  definition: ModuleDefinition,
  { channel, kind, ended }: { channel: HostChannel; kind: ProcessKind; ended: (code: number) => void },
): void {
  const bus = createBus(channel.send);
  let starting: Promise<RunningModule> | null = null;
  let disposeSiblings = () => {};
  let stopping = false;

  async function start(order: StartOrder): Promise<RunningModule> {
    const home = findHome({ ...process.env, CLOS_HOME: order.homeRoot });
    const log = createLog({ home, name: definition.name, level: order.config.logLevel });
    const siblings = createSiblings({ home, key: order.serviceKeys[definition.name] });
    disposeSiblings = siblings.close;
    const context: ModuleContext = {
      ...order,
      name: definition.name,
      process: kind,
      home,
      log,
      bus,
      sibling: siblings.to,
    };
    return definition.start(context);
  }

  async function stop(code: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    try {
      await (await starting)?.stop();
      disposeSiblings();
      ended(code);
    } catch {
      // The log has it; a module that cannot stop cleanly must still end.
      ended(1);
    }
  }

  channel.onMessage((message, ports) => {
    const parsed = toModuleSchema.safeParse(message);
    if (!parsed.success) return;
    switch (parsed.data.type) {
      case 'start':
        if (starting !== null) return;
        starting = start(parsed.data.order);
        starting.then(
          ({ ports, databaseReplaced = false }) => channel.send({ type: 'ready', ports, databaseReplaced }),
          (error: unknown) => {
            channel.send({
              type: 'failed',
              reason: reasonOf(error),
            });
            starting = null;
            ended(1);
          },
        );
        return;
      case 'ring':
        bus.rung(parsed.data.seq);
        return;
      case 'ping':
        channel.send({ type: 'pong', n: parsed.data.n });
        return;
      case 'attach-port': {
        const [port] = ports;
        if (port !== undefined) void starting?.then((running) => running.attachPort?.(port));
        return;
      }
      case 'stop':
        void stop(0);
    }
  });
  channel.onClose(() => void stop(0));
}
