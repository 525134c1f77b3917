import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '#shared/base/ids.ts';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { RoutingEntry, RoutingTarget } from '../../../database/routing.ts';
import { writeRaw } from '../../../http/client-errors.ts';
import { answerProblem } from '../answer.ts';
import { type Absence, answerAbsence, answerUnknown, type Surroundings } from '../pages/pages.ts';
import { isVisit, wantsPage } from '../pages/visits.ts';
import type { Balancer } from '../routing/balancer.ts';
import type { Families } from '../routing/families.ts';
import type { LiveTable } from '../routing/live-table.ts';
import { absenceOf, type Readiness, silenceOf } from '../routing/readiness.ts';
import { withoutPath } from '../routing/routing-table.ts';
import type { AccessLog } from '../traffic/access-log.ts';
import type { Meters, RouteMeter } from '../traffic/meter.ts';
import type { RateLimits } from '../traffic/rate-limit.ts';
import { type Failure, Passage } from './forward.ts';
import { comesAround, requestHeaders } from './headers.ts';
import { isOfThisMachine, type Pools } from './pools.ts';
import { tunnelUpgrade } from './tunnel.ts';

export interface ServiceProxyOptions {
  table: LiveTable;
  balancer: Balancer;
  families: Families;
  readiness: Readiness;
  pools: Pools;
  meters: Meters;
  limits: RateLimits;
  log: AccessLog;
  around: Surroundings;
  /** This gateway's name in Via, as `1.1 clos-0123456789abcdef`. */
  via: string;
  /** So long a request waits for a service that is starting. */
  patienceMs: number;
  /** A page was visited of a service that starts on a visit. Rejects with why it could not be started. */
  visit(serviceId: string): Promise<void>;
}

/** The header by which a page of ours asks whether it still tells what is. No service sees such a request. */
const waitHeader = 'x-clos-wait';
/** So long such a question is held. */
const waitMs = 20_000;

/** Sends requests to the services behind their names, and answers in their place while they cannot. */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  /** A request for a name. */
  handle(request: IncomingMessage, response: ServerResponse, name: string): void {
    const { table, meters, limits, around, via } = this.#options;
    const began = performance.now();
    const requestId = newId('req');
    const url = request.url ?? '/';
    const entry = this.#find(name, url);
    const asks = request.headers[waitHeader];
    if (typeof asks === 'string' && request.method === 'GET') {
      this.#answerWait(response, { name, url, code: asks }).catch(() => response.destroy());
      return;
    }
    const visit = new Delivery(this.#options, { request, response, requestId, name, url, began, entry });
    if (entry === null) {
      answerUnknown({ response, requestId }, { name, entries: table.current.entries, around });
      return;
    }
    const meter = meters.of(entry.id);
    visit.meter = meter;
    meter.begin();
    if (comesAround(request, via)) {
      const detail = `${entry.name} sends its requests back to its own name.`;
      answerProblem(response, new ClosError('ROUTE_LOOP', detail), requestId);
      return;
    }
    const wait = entry.rateLimit === null ? 0 : limits.take(entry.id, entry.rateLimit, began);
    if (wait > 0) {
      meter.limited += 1;
      const detail = `The route takes ${entry.rateLimit?.requestsPerSecond} requests a second.`;
      answerProblem(response, new ClosError('RATE_LIMITED', detail, { extra: { retryAfter: wait } }), requestId);
      return;
    }
    visit.send(entry);
  }

  /** A connection to a name that is to be upgraded to a WebSocket. */
  upgrade(upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer }, name: string): void {
    const { request, socket } = upgrade;
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    this.#tunnel(upgrade, name, gone.signal).catch((error: unknown) => {
      writeRaw(socket, isClosError(error) ? error : new ClosError('INTERNAL', request.url ?? '', { cause: error }));
    });
  }

  async #tunnel(
    upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
    name: string,
    gone: AbortSignal,
  ): Promise<void> {
    const { balancer, families, readiness, meters, via, patienceMs } = this.#options;
    const url = upgrade.request.url ?? '/';
    const find = () => {
      const entry = this.#find(name, url);
      if (entry === null) throw new ClosError('NAME_UNKNOWN', `Nothing is called ${name}.localhost.`);
      return { entry, target: balancer.next(entry, new Set()) };
    };
    if (comesAround(upgrade.request, via)) throw new ClosError('ROUTE_LOOP');
    let { entry, target } = find();
    if (target === null && absenceOf(entry)?.code === 'SERVICE_STARTING') {
      await readiness.until(name, url, { not: 'SERVICE_STARTING', timeoutMs: patienceMs, signal: gone });
      if (gone.aborted) return;
      ({ entry, target } = find());
    }
    if (target?.address == null) {
      const absence = absenceOf(entry);
      throw new ClosError(absence?.code ?? 'SERVICE_DOWN', absence?.detail ?? '');
    }
    if (!isOfThisMachine(target.address.host)) {
      throw new ClosError('SERVICE_SILENT', `${target.address.host} is no address of this machine.`);
    }
    upgrade.socket.once('close', meters.of(entry.id).tunnel());
    const { address, scheme } = target;
    const stripped = entry.stripPath ? entry.path : '/';
    const connect = (host: string): void =>
      tunnelUpgrade(upgrade, {
        to: { scheme, host, port: address.port },
        path: withoutPath(url, stripped),
        via,
        ...(stripped === '/' ? {} : { prefix: stripped }),
        refusal: () => new ClosError('SERVICE_SILENT', silenceOf(target, 'nobody accepts the connection').detail),
        ...(families.mayBeOnSix(target, host) ? { onNeverArrived: () => connect('::1') } : {}),
      });
    connect(address.host);
  }

  /** The route of a name as it is stored now. Nobody is told by an older one that there is none, or that it cannot answer. */
  #find(name: string, url: string): RoutingEntry | null {
    const { table } = this.#options;
    table.keepUp();
    const entry = table.current.find(name, url);
    if (entry?.targets.some(({ state }) => state === 'ready')) return entry;
    table.catchUp();
    return table.current.find(name, url);
  }

  /** Holds the question of a page of ours until there is something else to tell: 204. */
  async #answerWait(response: ServerResponse, { name, url, code }: { name: string; url: string; code: string }) {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { readiness } = this.#options;
    const isOther = await readiness.until(name, url, { not: code, timeoutMs: waitMs, signal: gone.signal });
    if (!response.destroyed) response.writeHead(isOther ? 204 : 202, { 'cache-control': 'no-store' }).end();
  }
}

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  requestId: string;
  name: string;
  url: string;
  began: number;
  /** The route of the name as it was then. */
  entry: RoutingEntry | null;
}

/** One request for a name, from its coming to its end. */
class Delivery {
  meter: RouteMeter | null = null;
  readonly #options: ServiceProxyOptions;
  readonly #asked: Asked;
  readonly #passage: Passage;
  readonly #tried = new Set<RoutingTarget>();
  #target: RoutingTarget | null = null;
  #brokeOff = 0;
  #gone: AbortController | null = null;

  constructor(options: ServiceProxyOptions, asked: Asked) {
    this.#options = options;
    this.#asked = asked;
    this.#passage = new Passage(asked.request, asked.response, asked.requestId);
    asked.response.once('close', () => this.#end());
  }

  /** Sends the request to a target of the route, or says why there is none. */
  send(entry: RoutingEntry): void {
    const target = this.#options.balancer.next(entry, this.#tried);
    if (target === null) {
      const absence = absenceOf(entry);
      if (absence !== null) this.#absent(absence);
      return;
    }
    this.#target = target;
    this.#forward(entry, target, target.address?.host ?? '');
  }

  #forward(entry: RoutingEntry, target: RoutingTarget, host: string): void {
    const { request, requestId, url } = this.#asked;
    const sent = performance.now();
    const { families, pools, via } = this.#options;
    if (!isOfThisMachine(host)) {
      this.#absent({ code: 'SERVICE_SILENT', target, detail: `${host} is no address of this machine.` });
      return;
    }
    const stripped = entry.stripPath && entry.path !== '/';
    this.#passage.forward({
      dispatcher: pools.to({ scheme: target.scheme, host, port: target.address?.port ?? 0 }),
      path: stripped ? withoutPath(url, entry.path) : url,
      headers: requestHeaders(request, { requestId, via, ...(stripped ? { prefix: entry.path } : {}) }),
      onFailure: (failure, { replayable }) => this.#failed({ entry, target, host, failure, replayable }),
      onAnswer: () => {
        families.answered(target, host);
        this.meter?.answered(performance.now() - sent);
      },
    });
  }

  #failed(told: {
    entry: RoutingEntry;
    target: RoutingTarget;
    host: string;
    failure: Failure;
    replayable: boolean;
  }): void {
    const { entry, target, host, failure, replayable } = told;
    const { response, requestId } = this.#asked;
    if (failure === 'not-writable') {
      answerProblem(response, new ClosError('INVALID_INPUT', 'The request cannot be passed on as it is.'), requestId);
      return;
    }
    if (failure === 'timed-out') {
      const detail = `${target.service.name} did not begin to answer in time.`;
      this.#absent({ code: 'GATEWAY_TIMEOUT', target, detail });
      return;
    }
    // A kept connection may end just as a request is put on it; a second one is a new one.
    if (replayable && failure === 'broke-off' && this.#brokeOff++ === 0) {
      this.#forward(entry, target, host);
      return;
    }
    if (failure === 'never-arrived' && replayable && this.#options.families.mayBeOnSix(target, host)) {
      this.#forward(entry, target, '::1');
      return;
    }
    this.#tried.add(target);
    if (replayable && this.#options.balancer.next(entry, this.#tried) !== null) {
      this.send(entry);
      return;
    }
    const found = { listens: failure !== 'never-arrived', speaks: failure === 'not-http' };
    this.#absent(silenceOf(target, sentences[failure], found), replayable);
  }

  /** Nobody can answer now: waits for who is starting, else tells why. */
  #absent(absence: Absence, mayWait = true): void {
    const { request, response, requestId } = this.#asked;
    const { target } = absence;
    if (absence.code === 'SERVICE_DOWN' && target.startOnVisit && isVisit(request)) {
      this.#start(absence).catch(() => response.destroy());
      return;
    }
    if (absence.code === 'SERVICE_STARTING' && mayWait && !wantsPage(request) && this.#gone === null) {
      this.#wait(absence).catch(() => response.destroy());
      return;
    }
    if (this.meter !== null) this.meter.unanswered += 1;
    answerAbsence({ response, requestId }, { absence, around: this.#options.around });
  }

  async #start(absence: Absence): Promise<void> {
    const { response, requestId, name, url } = this.#asked;
    const { around, visit, table } = this.#options;
    const { target } = absence;
    /** With the conflict that it has met. */
    const asItIs = (): RoutingTarget => {
      table.catchUp();
      const targets = table.current.find(name, url)?.targets ?? [];
      return targets.find(({ service }) => service.id === target.service.id) ?? target;
    };
    const told: Absence = await visit(target.service.id).then(
      () => ({ code: 'SERVICE_STARTING', target, detail: `Your visit starts ${target.service.name}.` }),
      (error: unknown) => {
        const detail = error instanceof Error ? error.message : absence.detail;
        return { code: 'SERVICE_DOWN', target: asItIs(), detail };
      },
    );
    if (!response.destroyed) answerAbsence({ response, requestId }, { absence: told, around });
  }

  async #wait({ code }: Absence): Promise<void> {
    const { name, url, response } = this.#asked;
    const { readiness, patienceMs, table } = this.#options;
    this.#gone = new AbortController();
    await readiness.until(name, url, { not: code, timeoutMs: patienceMs, signal: this.#gone.signal });
    if (response.destroyed) return;
    this.#tried.clear();
    const entry = table.current.find(name, url);
    if (entry === null) response.destroy();
    else this.send(entry);
  }

  #end(): void {
    const { request, response, requestId, url, began, entry } = this.#asked;
    this.#gone?.abort();
    const status = response.headersSent ? response.statusCode : 0;
    const { bytesIn, bytesOut } = this.#passage;
    this.meter?.end({ status, bytesIn, bytesOut });
    this.#options.log.add({
      time: new Date().toISOString(),
      requestId,
      routeId: entry?.id ?? null,
      service: this.#target?.service.name ?? null,
      client: request.socket.remoteAddress ?? '',
      method: request.method ?? '',
      host: request.headers.host ?? '',
      path: url.split('?', 1)[0] ?? '/',
      status,
      bytesIn,
      bytesOut,
      durationMs: Number((performance.now() - began).toFixed(2)),
    });
  }
}

const sentences: Readonly<Record<Failure, string>> = {
  'never-arrived': 'nobody listens',
  'broke-off': 'the connection was closed without an answer',
  'timed-out': 'there was no answer in time',
  'not-writable': 'the request could not be written',
  'not-http': 'what came back was no HTTP',
};
