import { request } from 'node:http';

export interface EngineAnswer {
  status: number;
  body: string;
}

export interface EngineRequest {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** JSON, or the bytes of a tar file. */
  body?: object | Buffer;
  timeoutMs?: number;
}

/**
 * One request to an engine, over its socket, without any library: what tests say about the engine does not go through the code
 * that they test. Rejects when nobody answers within 30 s (or `timeoutMs`); an answer of any status resolves.
 */
export function engineRequest(socketPath: string, path: string, options: EngineRequest = {}): Promise<EngineAnswer> {
  const { method = 'GET', body, timeoutMs = 30_000 } = options;
  const bytes = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        path,
        method,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { host: 'engine', ...(bytes && { 'content-type': type, 'content-length': bytes.length }) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    outgoing.once('error', reject);
    outgoing.end(bytes);
  });
}

/** The same, for answers that must be good: throws with the engine's own text otherwise. */
export async function engineCall(socketPath: string, path: string, options: EngineRequest = {}): Promise<string> {
  const { status, body } = await engineRequest(socketPath, path, options);
  if (status < 200 || status > 299) throw new Error(`${options.method ?? 'GET'} ${path}: ${status} ${body.trim()}`);
  return body;
}
