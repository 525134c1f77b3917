import { ClosError } from '../contract/clos-error.ts';
import type { ClosBridge } from './bridge.ts';
import type { Transport, TransportResponse } from './transport.ts';

/** Rejects with the signal's reason as soon as the caller gives up. */
function untilAborted(answer: Promise<TransportResponse>, signal: AbortSignal): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * Over the desktop's bridge. A signal cannot cross it, so a caller that gives up is let go while the request runs to its end;
 * and an answer comes whole, so what never ends (`follow`) must be asked for in parts instead.
 */
export function ipcTransport(bridge: Pick<ClosBridge, 'request'>): Transport {
  return {
    async request({ signal, ...request }) {
      signal?.throwIfAborted();
      const answer = bridge.request(request).catch((cause: unknown): never => {
        throw new ClosError('CLOS_UNREACHABLE', 'The window cannot reach CLOS.', { cause });
      });
      return signal === undefined ? answer : untilAborted(answer, signal);
    },
  };
}
