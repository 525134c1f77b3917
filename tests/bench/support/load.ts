import { Pool } from 'undici';
import { median } from '../frame/statistics.ts';

/** Where a list is asked for, and how. */
export interface Target {
  /** `http://127.0.0.1:8081`, or any such with a socket. */
  origin: string;
  socketPath?: string;
  path: string;
  headers?: Record<string, string>;
}

export interface Load {
  /** Requests that were answered in a second by 16 callers, each of whom asks again when it was answered. */
  perSecond(milliseconds: number): Promise<number>;
  /** The median time of an answer, in ms, for one caller alone. */
  typical(milliseconds: number): Promise<number>;
  close(): Promise<void>;
}

const callers = 16;

/** Kept connections to a target. Each answer is read to its end; one that is not 200 with a body ends the measurement. */
export function createLoad({ origin, socketPath, path, headers = {} }: Target): Load {
  const pool = new Pool(origin, {
    connections: callers,
    pipelining: 1,
    ...(socketPath === undefined ? {} : { socketPath }),
  });

  async function ask(): Promise<void> {
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
    const { byteLength } = await body.arrayBuffer();
    if (statusCode !== 200 || byteLength < 1000)
      throw new Error(`${origin}${path}: ${statusCode}, ${byteLength} bytes`);
  }

  return {
    async perSecond(milliseconds) {
      const began = performance.now();
      const end = began + milliseconds;
      let answered = 0;
      await Promise.all(
        Array.from({ length: callers }, async () => {
          while (performance.now() < end) {
            await ask();
            answered += 1;
          }
        }),
      );
      return (answered / (performance.now() - began)) * 1000;
    },
    async typical(milliseconds) {
      const times: number[] = [];
      for (const end = performance.now() + milliseconds; performance.now() < end || times.length === 0; ) {
        const began = performance.now();
        await ask();
        times.push(performance.now() - began);
      }
      return median(times);
    },
    close: () => pool.destroy(),
  };
}
