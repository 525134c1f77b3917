import type { IncomingMessage } from 'node:http';
import { ClosError } from '#shared/contract/clos-error.ts';
import { unreachable } from './engine-errors.ts';
import { createEngineGuard, type EngineGuard, type GuardOptions } from './engine-guard.ts';
import { type EngineReply, type EngineRequest, type EngineTransport, openTransport } from './engine-transport.ts';
import type { EngineAddress, EngineFinding, EngineLog } from './types.ts';

/** Where the engine is: an address, or a way to find it, which is asked again after each outage. */
export type EngineLocation = EngineAddress | (() => Promise<EngineFinding>);

export interface ReadRequest extends Pick<EngineRequest, 'doing' | 'query' | 'signal'> {
  path: string;
}

/** How long each kind of call may take; a stop gets its grace on top. */
export const timeouts = { ping: 3000, read: 10_000, change: 60_000, stop: 20_000, pullStep: 120_000 };

/** Requests to one engine under its guard. */
export interface EngineConnection {
  readonly guard: EngineGuard;
  /** Where the engine is; finds it when that has not been done. */
  address(): Promise<EngineAddress>;
  call(request: EngineRequest & { retry?: boolean }): Promise<EngineReply>;
  /** A GET that must answer 200, retried. */
  read(request: ReadRequest): Promise<unknown>;
  /** An open answer. `past` goes past the circuit breaker: for the event stream, whose opening is itself the test. */
  open(request: EngineRequest & { past?: boolean; retry?: boolean }): Promise<IncomingMessage>;
  /** Asks past the circuit breaker, once. */
  probe(request: EngineRequest): Promise<void>;
  /** What a failure inside an open answer means. */
  broken(error: unknown): ClosError;
  close(): void;
}

interface Located {
  address: EngineAddress;
  transport: EngineTransport;
}

export function createEngineConnection(
  location: EngineLocation,
  options: { log: EngineLog; guard?: Omit<GuardOptions, 'log'> },
): EngineConnection {
  const guard = createEngineGuard({ log: options.log, ...options.guard });
  let current: (Located & { key: string }) | null = null;
  let opening: Promise<Located> | null = null;
  let closed = false;
  guard.onStateChange((state) => {
    if (state.status === 'unavailable') opening = null;
  });

  async function locate(): Promise<Located> {
    const finding = typeof location === 'function' ? await location() : null;
    if (finding !== null && !finding.found) throw new ClosError('ENGINE_UNAVAILABLE', finding.reason);
    const address = finding === null ? location : finding.address;
    if (typeof address === 'function') throw new ClosError('INTERNAL', 'An engine was found without an address');
    const key = JSON.stringify(address);
    if (current?.key === key) return current;
    const transport = await openTransport(address);
    current?.transport.close();
    current = { key, address, transport };
    if (closed) transport.close();
    return current;
  }

  async function connect(): Promise<Located> {
    if (closed) throw new ClosError('SHUTTING_DOWN', 'The connection to the container engine is closed.');
    opening ??= locate();
    const mine = opening;
    try {
      return await mine;
    } catch (error) {
      if (opening === mine) opening = null;
      throw error;
    }
  }

  const connection: EngineConnection = {
    guard,
    async address() {
      return (await connect()).address;
    },
    async call({ retry = false, ...request }) {
      return await guard.run(async () => await (await connect()).transport.call(request), {
        retry,
        signal: request.signal,
      });
    },
    async read(request) {
      const reply = await connection.call({
        ...request,
        method: 'GET',
        expect: [200],
        timeoutMs: timeouts.read,
        retry: true,
      });
      return reply.body;
    },
    async open({ past = false, retry = false, ...request }) {
      const attempt = async () => await (await connect()).transport.stream(request);
      return past ? await guard.probe(attempt) : await guard.run(attempt, { retry, signal: request.signal });
    },
    async probe(request) {
      await guard.probe(async () => await (await connect()).transport.call(request));
    },
    broken(error) {
      return error instanceof ClosError ? error : unreachable(current?.transport.where ?? 'its address', error);
    },
    close() {
      closed = true;
      current?.transport.close();
    },
  };
  return connection;
}
