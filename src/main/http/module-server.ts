import type { IncomingMessage, Server } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { newId } from '#shared/base/ids.ts';
import type { Principal } from '#shared/contract/access.ts';
import type { AuditEntry } from '#shared/contract/audit.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { allOperations, contract } from '#shared/contract/contract.ts';
import type { Readiness } from '#shared/contract/system.ts';
import type { BoundPorts, ModuleContext, PortName } from '../supervisor/module.ts';
import { auditEntryOf } from './audit-entry.ts';
import { askApi, bearerToken, moduleKeyVerifier, type Verify } from './authenticate.ts';
import { bindSocket, bindTcp } from './bind.ts';
import { answerClientErrors, writeRaw } from './client-errors.ts';
import { isOwnHost, isOwnOrigin } from './guard.ts';
import { type Handler, handle } from './handler.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { createProver } from './identity-proof.ts';
import type { KeptAnswers } from './kept-answers.ts';
import { registerOperation } from './pipeline.ts';
import { problemOf, toClosError } from './problem.ts';

// An import of values from node:http loads all of undici, which takes its part of each start.
const { createServer } = process.getBuiltinModule('node:http');

export interface ModuleServerOptions {
  /** The TCP listener of this module; null: only the Unix socket. */
  portName: PortName | null;
  /** One handler for each operation that the contract gives to this module. A missing or a strange one refuses to boot. */
  handlers: readonly Handler[];
  /** What the module depends on, and whether it works. */
  checks(): Promise<Readiness['checks']>;
  /** Who a token belongs to. Asks the api unless given. */
  verify?: Verify;
  idempotency?: IdempotencyStore;
  /** Takes note of each answered request that would have changed something, and of who asked. Must not throw. */
  audit?: (entry: Omit<AuditEntry, 'id'>) => void;
  /** Where answers are kept until they are old. The owner forgets them in time. */
  kept?: KeptAnswers;
  /** Further raw routes, such as `/metrics`; guard and sign-in have run when they are reached. */
  configure?(app: FastifyInstance): void;
  /** WebSocket. The guard has run; who asks is for the module to find out. */
  onUpgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface ModuleServer {
  app: FastifyInstance;
  /** Listens on the socket and the port. Resolves with the port that was taken. */
  listen(): Promise<BoundPorts>;
  /** Takes no more requests, lets those that run end for `graceMs`, then closes everything. */
  close(): Promise<void>;
  /** Acts as this principal on requests that carry the returned token; ends with `revoke`. For the desktop's channel. */
  grant(principal: Principal): { token: string; revoke(): void };
}

const bodyLimitBytes = 1024 * 1024;
const closeGraceMs = 2000;
const lingerMs = 2000;

/** Requests over the Unix socket have passed the socket folder's permissions; those over TCP must pass the guard. */
function cameOverTcp(request: IncomingMessage): boolean {
  return request.socket.localPort !== undefined;
}

function guardRequest(request: IncomingMessage): ClosError | null {
  if (!cameOverTcp(request)) return null;
  const { host, origin } = request.headers;
  // Node looks at the first Host only; whoever stands before us may have looked at another.
  if ((request.headersDistinct.host?.length ?? 0) > 1) {
    return new ClosError('INVALID_INPUT', 'A request names its host once.');
  }
  if (!isOwnHost(host, request.socket.localPort ?? 0)) {
    return new ClosError('HOST_NOT_ALLOWED', 'Use 127.0.0.1 or localhost with the port that you connected to.');
  }
  if (!isOwnOrigin(origin, host)) {
    return new ClosError('ORIGIN_NOT_ALLOWED', 'Only pages of CLOS itself may call it from a browser.');
  }
  return null;
}

function isSending({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * An answer that comes before its request was read to the end. To close a connection on which data is still coming resets it, and
 * the other side may lose the answer (RFC 9112, 9.6): so the rest is read and thrown away, for `lingerMs` at most.
 */
async function* answerEarly(request: IncomingMessage, body: Buffer): AsyncGenerator<Buffer> {
  yield body;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', end).once('close', end).resume();
  });
}

/** The handlers that every module has. */
function commonHandlers(
  context: ModuleContext,
  options: ModuleServerOptions,
  start: { startedAt: string; began: number },
): Handler[] {
  return [
    handle(contract.module.readyz, async (call) => {
      const checks = await options.checks();
      const ready = checks.every((check) => check.ok);
      if (!ready) call.answer.unavailable();
      return { module: context.name, ready, checks };
    }),
    handle(contract.module.health, () => ({
      module: context.name,
      version: context.version,
      pid: process.pid,
      process: context.process,
      startedAt: start.startedAt,
      uptimeMs: Math.round(performance.now() - start.began),
      rssBytes: process.memoryUsage.rss(),
    })),
  ];
}

function assertComplete(context: ModuleContext, handlers: readonly Handler[]): void {
  const wanted = allOperations.filter(({ module }) => module === context.name).map(({ id }) => id);
  const given = handlers.map(({ operation }) => operation.id);
  const missing = wanted.filter((id) => !given.includes(id));
  const strange = given.filter((id) => !wanted.includes(id));
  if (missing.length > 0 || strange.length > 0) {
    throw new Error(`${context.name} lacks handlers for [${missing}] and has some that are not its own: [${strange}]`);
  }
}

/**
 * The HTTP side of a module: a Unix socket for its siblings and the command line, a loopback TCP port for browsers and scripts,
 * one pipeline behind both.
 */
export function createModuleServer(context: ModuleContext, options: ModuleServerOptions): ModuleServer {
  assertComplete(context, options.handlers);
  const { log } = context;
  const start = { startedAt: new Date().toISOString(), began: performance.now() };
  const prove = createProver(context.identityKey);
  const moduleOf = moduleKeyVerifier(context.serviceKeys);
  const verify = options.verify ?? askApi(context);
  const granted = new Map<string, Principal>();
  const principals = new WeakMap<FastifyRequest, Principal>();
  const refusals = new WeakMap<FastifyRequest, string>();
  let stopping = false;

  const app = Fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    requestTimeout: 0,
    trustProxy: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    genReqId: (raw) => {
      // A sibling hands its request id on, so that one id follows a request through every log.
      const given = raw.headers['x-request-id'];
      return !cameOverTcp(raw) && typeof given === 'string' && /^req_[0-9a-z]{26}$/.test(given) ? given : newId('req');
    },
  });

  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    const refusal = guardRequest(request.raw);
    if (refusal !== null) throw refusal;
    if (stopping) throw new ClosError('SHUTTING_DOWN', `The ${context.name} is stopping.`);
    const token = bearerToken(request.headers.authorization);
    if (token === null) return;
    const principal = granted.get(token) ?? moduleOf(token) ?? (await verify(token));
    if (principal !== null) principals.set(request, principal);
  });

  app.setErrorHandler((thrown, request, reply) => {
    const error = toClosError(thrown);
    refusals.set(request, error.code);
    if (error.status >= 500)
      log.error({ requestId: request.id, code: error.code, err: error.cause ?? error }, error.message);
    else log.debug({ requestId: request.id, code: error.code }, error.message);
    // Bytes, since the framework would append a charset to text; JSON has none (RFC 8259, 11).
    const body = Buffer.from(JSON.stringify(problemOf(error, request.id)));
    reply.code(error.status).header('content-type', 'application/problem+json');
    if (request.raw.complete || !isSending(request.raw)) reply.send(body);
    else reply.header('content-length', body.length).send(Readable.from(answerEarly(request.raw, body)));
  });

  app.setNotFoundHandler((request) => {
    // Who is not signed in learns nothing about which paths exist.
    if (!principals.has(request)) throw new ClosError('NOT_SIGNED_IN', 'Send "Authorization: Bearer clos_…".');
    const path = request.url.split('?')[0] ?? '';
    throw new ClosError('ROUTE_NOT_FOUND', `${request.method} ${path} is not an operation of the ${context.name}.`);
  });

  app.addHook('onResponse', async (request, reply) => {
    const principal = principals.get(request);
    const line = {
      requestId: request.id,
      method: request.method,
      // Without the query, which may hold a ticket.
      path: request.url.split('?')[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      by: principal?.id ?? null,
    };
    // Whoever changed something, or tried to, stands in the log at its usual level.
    if (request.method === 'GET' || principal?.type === 'module') log.debug(line, 'answered');
    else log.info(line, 'answered');
    if (principal !== undefined) {
      const entry = auditEntryOf(request, reply, { principal, code: refusals.get(request) ?? null });
      if (entry !== null) options.audit?.(entry);
    }
  });

  const pipeline = {
    log,
    strict: context.config.profile === 'test',
    principalOf: (request: FastifyRequest) => principals.get(request) ?? null,
    ...(options.idempotency === undefined ? {} : { idempotency: options.idempotency }),
    ...(options.kept === undefined ? {} : { kept: options.kept }),
  };
  for (const handler of [...commonHandlers(context, options, start), ...options.handlers]) {
    registerOperation(app, handler, pipeline);
  }
  // Liveness proves identity by the connection it came in on, so it looks below the pipeline.
  app.get('/livez', async (request) => {
    const query = contract.module.livez.query?.safeParse(request.query);
    const nonce = query?.success ? query.data.nonce : undefined;
    const { localAddress, localPort } = request.socket;
    const proof =
      nonce === undefined || localAddress === undefined || localPort === undefined
        ? null
        : prove(nonce, localAddress, localPort);
    return { status: 'ok', product: 'clos', module: context.name, proof };
  });
  options.configure?.(app);

  const servers: Server[] = [];
  function createListener(): Server {
    const server = createServer(
      { maxHeaderSize: 16 * 1024, requestTimeout: 60_000, headersTimeout: 10_000, connectionsCheckingInterval: 1000 },
      (request, response) => app.routing(request, response),
    );
    server.keepAliveTimeout = 65_000;
    server.maxConnections = 10_000;
    answerClientErrors(server);
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const refusal = guardRequest(request);
      if (refusal !== null) writeRaw(socket, refusal);
      else if (options.onUpgrade === undefined)
        writeRaw(socket, new ClosError('ROUTE_NOT_FOUND', 'There is no WebSocket here.'));
      else options.onUpgrade(request, socket, head);
    });
    servers.push(server);
    return server;
  }

  return {
    app,
    async listen() {
      await app.ready();
      await bindSocket(createListener(), context.home.socketOf(context.name));
      if (options.portName === null) return {};
      return { [options.portName]: await bindTcp(createListener(), context.ports[options.portName].candidates) };
    },
    async close() {
      stopping = true;
      const closed = servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeIdleConnections();
          }),
      );
      const deadline = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, closeGraceMs);
      await Promise.all(closed);
      clearTimeout(deadline);
      await app.close();
    },
    grant(principal) {
      const token = `clos_p_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')}`;
      granted.set(token, principal);
      return { token, revoke: () => void granted.delete(token) };
    },
  };
}
