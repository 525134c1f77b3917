import type { IncomingMessage, ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { newId } from '#shared/base/ids.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { answerProblem } from '../answer.ts';
import { type Failure, Passage } from './forward.ts';
import { requestHeaders } from './headers.ts';

/** A module that was killed is restarted within about a second; that long a request waits for it. */
const patienceMs = 1500;
const pauseMs = 75;
/** A command may be waited for during a minute (Prefer: wait), then the head of its answer must be there. */
const headersTimeoutMs = 75_000;

/** A sibling that requests are passed on to, over its Unix socket. */
export class ModuleProxy {
  readonly #name: ModuleName;
  readonly #via: string;
  readonly #pool: Pool;

  constructor({ name, socketPath, via }: { name: ModuleName; socketPath: string; via: string }) {
    this.#name = name;
    this.#via = via;
    this.#pool = new Pool('http://localhost', {
      socketPath,
      connections: 1024,
      pipelining: 1,
      connect: { timeout: 1000 },
      headersTimeout: headersTimeoutMs,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
    });
  }

  /**
   * Passes a request on and its answer back.
   *
   * The Authorization of the client travels along, and nothing is added to it: the gateway has no authority of its own. A request
   * that may be sent again is, while the module is restarted; then 503.
   */
  forward(request: IncomingMessage, response: ServerResponse): void {
    const requestId = newId('req');
    const deadline = performance.now() + patienceMs;
    const passage = new Passage(request, response, requestId);
    const headers = requestHeaders(request, { requestId, via: this.#via });
    let retry: NodeJS.Timeout | null = null;
    const send = (): void => {
      passage.forward({
        dispatcher: this.#pool,
        path: request.url ?? '/',
        headers,
        onFailure: (failure, { error, replayable }) => {
          if (replayable && performance.now() < deadline) retry = setTimeout(send, pauseMs);
          else answerProblem(response, this.#explain(failure, error), requestId);
        },
      });
    };
    response.once('close', () => {
      if (retry !== null) clearTimeout(retry);
    });
    send();
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #explain(failure: Failure, cause: Error): ClosError {
    if (failure === 'not-writable') {
      return new ClosError('INVALID_INPUT', 'The request cannot be passed on as it is.', { cause });
    }
    const detail = `The ${this.#name} does not answer. It is restarted by itself; try again.`;
    return new ClosError('MODULE_UNAVAILABLE', detail, { cause });
  }
}
