import { ClosError } from '../contract/clos-error.ts';
import { errorTable } from '../contract/errors.ts';
import { type IpcRequest, type IpcResponse, ipcRequestSchema } from './ipc-protocol.ts';

/** What the message ports of Node, of Electron's main process and of its utility processes have in common. */
export interface IpcServerPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
}

const idPart = ipcRequestSchema.pick({ id: true }).strip();

function problem(id: number, error: ClosError): IpcResponse {
  const { code, status, message: detail, extra } = error;
  const errors = error.errors.length === 0 ? {} : { errors: error.errors };
  const head = { type: 'about:blank', title: errorTable[code].title, status, detail, code, requestId: `ipc-${id}` };
  const body = { ...extra, ...head, ...errors };
  return { id, status, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify(body) };
}

/**
 * Answers the requests that arrive on a message port.
 *
 * A message that is not a request is answered with INVALID_INPUT if it carries an id, else dropped; `handle` may reject
 * with a `ClosError`, anything else becomes INTERNAL. Nothing that arrives can end the process. Returns after `port.start()`;
 * `signal` of a request fires when the port closes.
 */
export function serveIpcPort(
  port: IpcServerPort,
  handle: (request: Omit<IpcRequest, 'id'>, signal: AbortSignal) => Promise<Omit<IpcResponse, 'id'>>,
): void {
  const closed = new AbortController();
  const reply = (response: IpcResponse) => {
    if (!closed.signal.aborted) port.postMessage(response);
  };

  async function answer(data: unknown): Promise<void> {
    const parsed = ipcRequestSchema.safeParse(data);
    if (!parsed.success) {
      const { data: part } = idPart.safeParse(data);
      const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
      if (part) reply(problem(part.id, new ClosError('INVALID_INPUT', undefined, { errors })));
      return;
    }
    const { id, ...request } = parsed.data;
    try {
      reply({ id, ...(await handle(request, closed.signal)) });
    } catch (error) {
      reply(problem(id, error instanceof ClosError ? error : new ClosError('INTERNAL', undefined, { cause: error })));
    }
  }

  port.on('message', ({ data }) => void answer(data));
  port.on('close', () => closed.abort());
  port.start();
}
