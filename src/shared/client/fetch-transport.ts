import { ClosError } from '../contract/clos-error.ts';
import type { Transport } from './transport.ts';

async function* decode(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Over `fetch`: the browser's transport, and that of scripts which know only a URL. Redirects are refused. */
export function fetchTransport(options: { baseUrl: string; token?: () => string | null }): Transport {
  return {
    async request({ method, path, headers, body, signal }, { stream = false } = {}) {
      const token = options.token?.() ?? null;
      let response: Response;
      try {
        response = await fetch(options.baseUrl + path, {
          method,
          headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
          redirect: 'error',
          credentials: 'omit',
          cache: 'no-store',
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        throw new ClosError('CLOS_UNREACHABLE', `CLOS does not answer at ${options.baseUrl || 'this address'}.`, {
          cause,
        });
      }
      const answer = { status: response.status, headers: Object.fromEntries(response.headers) };
      if (stream && response.ok && response.body !== null)
        return { ...answer, body: '', chunks: decode(response.body) };
      return { ...answer, body: await response.text() };
    },
  };
}
