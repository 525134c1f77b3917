import { useEffect, useState } from 'react';
import type { LogLine } from '#shared/contract/services.ts';
import { client, connection } from '../../lib/connection.ts';

/** Lines that a window keeps of one service. */
const keptLines = 5000;
const firstLines = 500;
/** Milliseconds between two readings where nothing can be followed, and before a stream that ended is tried again. */
const readEveryMs = 2000;

/** A line with a number that stays its own while older ones are dropped. */
export type NumberedLine = LogLine & { number: number };

export interface Logs {
  lines: readonly NumberedLine[];
  state: 'loading' | 'following' | 'ended' | 'failed';
  error: unknown;
}

const nothing: Logs = { lines: [], state: 'loading', error: null };

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Gathers what arrives between two frames, so that a chatty service costs one drawing each. */
function gatherer(show: (lines: LogLine[]) => void): { add: (line: LogLine) => void; end: () => void } {
  let waiting: LogLine[] = [];
  let frame = 0;
  const flush = () => {
    frame = 0;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) show(lines);
  };
  return {
    add(line) {
      waiting.push(line);
      if (frame === 0) frame = requestAnimationFrame(flush);
    },
    end() {
      cancelAnimationFrame(frame);
      flush();
    },
  };
}

/**
 * The output of a service as it comes. Where the transport cannot stream, the newest lines are read again and again.
 *
 * `run` names the present run of the service; a new one begins to follow anew.
 */
export function useLogs(serviceId: string, run: string): Logs {
  const [logs, setLogs] = useState<Logs>(nothing);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run must be followed anew
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    let count = 0;
    setLogs((known) => ({ ...known, state: 'loading', error: null }));

    const append = (fresh: LogLine[], replace: boolean) => {
      const numbered = fresh.map((line) => ({ ...line, number: count++ }));
      setLogs((known) => ({
        lines: (replace ? numbered : [...known.lines, ...numbered]).slice(-keptLines),
        state: 'following',
        error: null,
      }));
    };

    const stream = async () => {
      let first = true;
      const gathered = gatherer((lines) => {
        append(lines, first);
        first = false;
      });
      const lines = await client.services.logs({ id: serviceId, follow: true, tail: firstLines }, { signal });
      setLogs((known) => ({ ...known, state: 'following' }));
      for await (const line of lines) gathered.add(line);
      gathered.end();
      if (!signal.aborted) setLogs((known) => ({ ...known, lines: first ? [] : known.lines, state: 'ended' }));
    };

    const poll = async () => {
      while (!signal.aborted) {
        const lines: LogLine[] = [];
        for await (const line of await client.services.logs({ id: serviceId, tail: firstLines }, { signal }))
          lines.push(line);
        count = 0;
        append(lines, true);
        await wait(readEveryMs, signal);
      }
    };

    (connection.streams ? stream() : poll()).catch((error: unknown) => {
      if (!signal.aborted) setLogs((known) => ({ ...known, state: 'failed', error }));
    });
    return () => ended.abort(new DOMException('The page went away', 'AbortError'));
  }, [serviceId, run]);

  return logs;
}
