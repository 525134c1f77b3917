import { readFile } from 'node:fs/promises';
import type { Agent, AgentOptions, IncomingMessage } from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { ClosError } from '#shared/contract/clos-error.ts';
import { certificatesUnreadable, refused, timedOut, unreachable } from './engine-errors.ts';
import type { EngineAddress, EngineTls } from './types.ts';

// An import of values from node:http loads all of undici, which takes its part of each start.
const http = process.getBuiltinModule('node:http');

/** One request to the engine. */
export interface EngineRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean>;
  body?: object;
  /** Statuses that are no failure; the call sites say why. */
  expect: readonly number[];
  /** What is tried, for people: `start web`. */
  doing: string;
  /** How long the whole answer (of a stream: its head) may take. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Takes long by nature: it gets a connection of its own, so that it does not hold up short calls. */
  slow?: boolean;
}

export interface EngineReply {
  status: number;
  body: unknown;
}

/** HTTP to one engine: bounded connections, one deadline per call, failures as `ClosError`. */
export interface EngineTransport {
  readonly where: string;
  call(request: EngineRequest): Promise<EngineReply>;
  /** Resolves with the head; ending the signal destroys the stream. */
  stream(request: EngineRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Short calls share so many kept connections; the engine serves each in a goroutine, a burst beyond waits here. */
const maxPooled = 32;
/** Streams and slow calls, each on its own connection. */
const maxStreams = 512;
/** The largest answer that is read; a list of a thousand containers has about 2 MB. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Failures are judged here, not in the modem: to it, every status is fine. */
const everyStatus = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

export function describeAddress(address: EngineAddress): string {
  if (address.kind !== 'tcp') return address.path;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.tls === null ? 'tcp' : 'tcp+tls'}://${host}:${address.port}`;
}

/** Reads the TLS files, where there are any, and prepares the connections; opens none. */
export async function openTransport(address: EngineAddress): Promise<EngineTransport> {
  const where = describeAddress(address);
  const tls = address.kind === 'tcp' && address.tls !== null ? await readTls(where, address.tls) : null;
  const pooled = makeAgent(tls, { keepAlive: true, maxSockets: maxPooled, maxFreeSockets: 8, scheduling: 'lifo' });
  const single = makeAgent(tls, { keepAlive: false, maxSockets: maxStreams });
  const modems = { pooled: makeModem(address, pooled), single: makeModem(address, single) };

  async function head(
    request: EngineRequest,
    kind: 'pooled' | 'single',
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      // The modem forgets its callback when a connection breaks at the wrong moment, so the signal also ends the wait itself.
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      modems[kind].dial(
        {
          path: request.query === undefined ? request.path : `${request.path}?`,
          method: request.method,
          options: { _query: request.query ?? {}, _body: request.body ?? {} },
          isStream: true,
          statusCodes: everyStatus,
          abortSignal: signal,
        },
        (error, result) => {
          if (error !== null) reject(error);
          else if (result instanceof http.IncomingMessage) resolve(result);
          else reject(new Error('The engine answered with something that is no HTTP message'));
        },
      );
    });
  }

  return {
    where,
    async call(request) {
      const deadline = startDeadline(request);
      try {
        const response = await head(request, request.slow ? 'single' : 'pooled', deadline.signal);
        const text = await readAll(response);
        const status = response.statusCode ?? 0;
        if (!request.expect.includes(status)) throw refused(request.doing, status, messageOf(text));
        return { status, body: parseBody(text) };
      } catch (error) {
        throw deadline.explain(error, where);
      } finally {
        deadline.clear();
      }
    },
    async stream(request) {
      const deadline = startDeadline(request);
      try {
        const response = await head(request, 'single', deadline.signal);
        const status = response.statusCode ?? 0;
        if (!request.expect.includes(status)) {
          throw refused(request.doing, status, messageOf(await readAll(response)));
        }
        // From here on only the caller's signal ends it.
        deadline.clearTimer();
        response.once('close', deadline.clear);
        return response;
      } catch (error) {
        deadline.clear();
        throw deadline.explain(error, where);
      }
    },
    close() {
      pooled.destroy();
      single.destroy();
    },
  };
}

interface Deadline {
  signal: AbortSignal;
  clear(): void;
  clearTimer(): void;
  /** The `ClosError` that a failure means; the caller's own abort stays what it is. */
  explain(error: unknown, where: string): unknown;
}

function startDeadline(request: EngineRequest): Deadline {
  const controller = new AbortController();
  const outer = request.signal;
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error('deadline'));
  }, request.timeoutMs);
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  const clearTimer = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    clearTimer,
    clear() {
      clearTimer();
      outer?.removeEventListener('abort', abort);
    },
    explain(error, where) {
      if (outer?.aborted) return outer.reason;
      if (expired) return timedOut(request.doing, request.timeoutMs);
      return error instanceof ClosError ? error : unreachable(where, error);
    },
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) {
      throw new ClosError('ENGINE_ERROR', `The container engine answered with more than ${maxAnswerBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(text: string): string {
  const body = parseBody(text);
  if (typeof body === 'object' && body !== null) {
    if ('message' in body && typeof body.message === 'string') return body.message;
    if ('cause' in body && typeof body.cause === 'string') return body.cause;
  }
  return text.slice(0, 4096);
}

interface TlsMaterial {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  rejectUnauthorized: boolean;
}

async function readTls(where: string, tls: EngineTls): Promise<TlsMaterial> {
  try {
    const [ca, cert, key] = await Promise.all(
      [tls.ca, tls.cert, tls.key].map((file) => (file === null ? null : readFile(file))),
    );
    return {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      rejectUnauthorized: tls.verify,
    };
  } catch (error) {
    throw certificatesUnreadable(where, error);
  }
}

function makeAgent(tls: TlsMaterial | null, options: AgentOptions): Agent {
  const agent = tls === null ? new http.Agent(options) : new https.Agent({ ...options, ...tls });
  // The modem prints every request for its debug log, even when nobody reads that: the whole of the agent with all its sockets
  // and waiting requests, which takes seconds for a hundred calls at once. This makes the print short.
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

/** The part of dockerode's modem that is used: one request, uniformly. */
interface Modem {
  dial(options: object, callback: (error: Error | null, result: unknown) => void): void;
}

function makeModem(address: EngineAddress, agent: Agent): Modem {
  const target =
    address.kind === 'tcp'
      ? {
          host: `${address.tls === null ? 'http' : 'https'}://${address.host.includes(':') ? `[${address.host}]` : address.host}`,
          port: address.port,
          protocol: address.tls === null ? ('http' as const) : ('https' as const),
          socketPath: undefined,
        }
      : { host: undefined, port: undefined, protocol: 'http' as const, socketPath: address.path };
  const options = {
    ...target,
    agent,
    pathPrefix: '/',
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
  };
  // The modem reads DOCKER_HOST and its certificates by itself, and throws where they are wrong. The address is settled already.
  const dockerHost = process.env.DOCKER_HOST;
  delete process.env.DOCKER_HOST;
  try {
    return new Docker(options).modem;
  } finally {
    if (dockerHost !== undefined) process.env.DOCKER_HOST = dockerHost;
  }
}
