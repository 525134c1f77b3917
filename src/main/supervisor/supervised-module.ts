import type { Logger } from 'pino';
import type { ModuleName } from '#shared/contract/access.ts';
import type { ModuleState } from '#shared/contract/system.ts';
import type { Config } from '../config/config.ts';
import { StartRefused } from '../start-refused.ts';
import { createBackoff } from './backoff.ts';
import { fromModuleSchema, type StartOrder, type ToModule } from './messages.ts';
import type { BoundPorts } from './module.ts';
import type { ModuleStarter, StartedProcess } from './starter.ts';

export interface SupervisedModule {
  readonly state: ModuleState;
  readonly ports: BoundPorts;
  /** Resolves when it is ready for the first time; rejects with its reason when that first start fails. */
  start(): Promise<void>;
  send(message: ToModule, transfer?: unknown[]): void;
  /** Ends it by force; it is started again as after any other end. */
  renew(): void;
  /** Asks it to stop, ends it by force after the limit. Resolves when it is gone. */
  stop(limitMs: number): Promise<void>;
}

interface Options {
  name: ModuleName;
  starter: ModuleStarter;
  config: Config;
  log: Logger;
  /** What it is told at each start; the ports that it had are tried first. */
  orderFor(bound: BoundPorts): StartOrder;
  onChange(state: ModuleState): void;
  onRing(seq: number): void;
  /** It has replaced the database that the other modules read. */
  onDatabaseReplaced(): void;
}

/**
 * One module under supervision: start, heartbeat, restart with backoff, stop. It owns the timers and the process of its module;
 * both end with `stop`.
 */
export function superviseModule(options: Options): SupervisedModule {
  const { name, starter, config, log } = options;
  const backoff = createBackoff(config.restart);
  let state: ModuleState = { name, state: 'stopped', pid: null, restarts: 0, reason: null };
  let bound: BoundPorts = {};
  let running: StartedProcess | null = null;
  let heartbeat: NodeJS.Timeout | undefined;
  let restart: NodeJS.Timeout | undefined;
  let unanswered = 0;
  let stopping = false;
  let gone: () => void = () => undefined;

  function change(next: Partial<ModuleState>): void {
    state = { ...state, ...next };
    options.onChange(state);
  }

  function beat(process: StartedProcess): void {
    if (unanswered >= config.heartbeat.missed) {
      log.error({ module: name }, 'no heartbeat; it is ended and started again');
      process.kill();
      return;
    }
    unanswered += 1;
    process.send({ type: 'ping', n: unanswered } satisfies ToModule);
  }

  function launch(first?: { resolve: () => void; reject: (error: Error) => void }): void {
    const process = starter.start(name);
    running = process;
    unanswered = 0;
    let failure: string | null = null;
    change({ state: 'starting', pid: process.pid, reason: null });

    process.onMessage((raw) => {
      const parsed = fromModuleSchema.safeParse(raw);
      if (!parsed.success) return;
      const message = parsed.data;
      switch (message.type) {
        case 'ready':
          bound = message.ports;
          heartbeat = setInterval(() => beat(process), config.heartbeat.intervalMs);
          heartbeat.unref();
          change({ state: 'ready' });
          if (message.databaseReplaced === true) options.onDatabaseReplaced();
          first?.resolve();
          return;
        case 'failed':
          failure = message.reason;
          return;
        case 'ring':
          options.onRing(message.seq);
          return;
        case 'pong':
          unanswered = 0;
      }
    });

    process.onExit(({ code, signal }) => {
      clearInterval(heartbeat);
      running = null;
      if (stopping) {
        change({ state: 'stopped', pid: null });
        gone();
        return;
      }
      const wasReady = state.state === 'ready';
      const reason = failure ?? (signal === null ? `exit ${code}` : `ended by ${signal}`);
      log.warn({ module: name, reason }, 'a module ended');
      if (first !== undefined && !wasReady && state.restarts === 0) {
        change({ state: 'exited', pid: null, reason });
        first.reject(new StartRefused(`The ${name} could not start: ${reason}`));
        return;
      }
      const { delayMs, degraded } = backoff.ended(performance.now());
      change({ state: degraded ? 'degraded' : 'exited', pid: null, reason, restarts: state.restarts + 1 });
      restart = setTimeout(() => launch(), delayMs);
    });

    process.send({ type: 'start', order: options.orderFor(bound) } satisfies ToModule);
  }

  return {
    get state() {
      return state;
    },
    get ports() {
      return bound;
    },
    start: () => new Promise<void>((resolve, reject) => launch({ resolve, reject })),
    send: (message, transfer) => running?.send(message, transfer),
    renew: () => running?.kill(),
    async stop(limitMs) {
      stopping = true;
      clearTimeout(restart);
      clearInterval(heartbeat);
      const process = running;
      if (process === null) return;
      const asked = performance.now();
      await new Promise<void>((resolve) => {
        gone = resolve;
        const force = setTimeout(() => process.kill(), limitMs);
        const done = gone;
        gone = () => {
          clearTimeout(force);
          done();
        };
        process.send({ type: 'stop' } satisfies ToModule);
      });
      log.info({ module: name, ms: Math.round(performance.now() - asked) }, 'a module stopped');
    },
  };
}
