import { connect } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { CheckOutcome } from './health-state.ts';
import type { CheckTarget } from './targets.ts';

/** A forwarder in front of a container accepts for it, and hangs up at once if nobody is behind: so long we look. */
const settleMs = 100;

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'The connection was refused.';
    case 'UND_ERR_INVALID_ARG':
      return 'The path of the check cannot be asked for.';
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'The connection was closed without an answer.';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return `No answer within ${timeoutMs} ms.`;
    default:
      return error.name === 'HTTPParserError' ? 'The answer is not HTTP.' : code || 'The check failed.';
  }
}

class Timeout extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Keeps the status and hangs up: the body is nobody's business here. */
function statusHandler(settle: (outcome: number | Error) => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => undefined,
    onResponseStart(controller, status) {
      if (status < 200) return;
      settle(status);
      controller.abort(new Error('The status is enough.'));
    },
    onResponseData: () => undefined,
    onResponseEnd: () => undefined,
    onResponseError: (_controller, error) => settle(error),
  };
}

async function probeHttp(target: CheckTarget, path: string): Promise<CheckOutcome> {
  const host = target.address.includes(':') ? `[${target.address}]` : target.address;
  const client = new Client(`http://${host}:${target.port}`, { pipelining: 1, maxHeaderSize: 16 * 1024 });
  let timer: NodeJS.Timeout | undefined;
  try {
    const result = await new Promise<number | Error>((resolve) => {
      timer = setTimeout(() => resolve(new Timeout()), target.timeoutMs);
      timer.unref();
      client.dispatch(
        { method: 'GET', path, headers: { 'user-agent': 'clos-health-check', accept: '*/*' }, reset: true },
        statusHandler(resolve),
      );
    });
    if (typeof result !== 'number') return { ok: false, reason: reasonOf(result, target.timeoutMs) };
    // A redirect is an answer of this service; where it leads is not looked at.
    return result < 400 ? { ok: true } : { ok: false, reason: `The answer was HTTP ${result}.` };
  } catch (error) {
    return { ok: false, reason: reasonOf(error, target.timeoutMs) };
  } finally {
    clearTimeout(timer);
    client.destroy().catch(() => undefined);
  }
}

function probeTcp(target: CheckTarget): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port });
    let settled: NodeJS.Timeout | undefined;
    const finish = (outcome: CheckOutcome) => {
      clearTimeout(timer);
      clearTimeout(settled);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (error: unknown) => finish({ ok: false, reason: reasonOf(error, target.timeoutMs) });
    const timer = setTimeout(() => fail(new Timeout()), target.timeoutMs);
    timer.unref();
    socket.once('connect', () => {
      clearTimeout(timer);
      settled = setTimeout(() => finish({ ok: true }), settleMs);
    });
    // Whoever greets us is there, even if it hangs up next.
    socket.once('data', () => finish({ ok: true }));
    socket.once('end', () => finish({ ok: false, reason: 'The connection was closed without an answer.' }));
    socket.on('error', fail);
  });
}

/** Checks once. Never rejects, and is over within the target's timeout (plus 100 ms for tcp). */
export function probe(target: CheckTarget): Promise<CheckOutcome> {
  return target.kind.type === 'http' ? probeHttp(target, target.kind.path) : probeTcp(target);
}
