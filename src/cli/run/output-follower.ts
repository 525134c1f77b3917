import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { LogLine } from '#shared/contract/services.ts';
import type { CliContext } from '../context.ts';

/** Lines that are compared to see whether all has come; more identical lines in one millisecond are not told apart. */
const compared = 50;
/** The contract's own bound. */
const mostLines = 100_000;
/** How long the last lines of a program that has ended may take. */
const lastLinesMs = 5_000;
const retryMs = 300;

/** Prints what a service writes, until told that it has ended. */
export interface OutputFollower {
  /** Resolves when all that the service wrote is printed; after five seconds without news it is given up. */
  finish(): Promise<void>;
}

/**
 * Follows the output of a service since a moment, until `signal`.
 *
 * The server keeps on following when a program has ended, since it may be started again; so who knows of the end calls `finish`.
 * While CLOS is away the program goes on, and its output is taken up again where it was.
 */
export function followOutput(
  context: CliContext,
  client: Client,
  { id, since, signal: ended }: { id: string; since: string; signal: AbortSignal },
): OutputFollower {
  const control = new AbortController();
  const signal = AbortSignal.any([control.signal, ended]);
  const printed: LogLine[] = [];
  let fresh: () => void = () => undefined;

  async function print(line: LogLine): Promise<void> {
    printed.push(line);
    if (printed.length > compared) printed.shift();
    await printLine(context, line);
    fresh();
  }

  async function follow(): Promise<void> {
    let from = since;
    while (!signal.aborted) {
      try {
        const seen = new Set(printed.map(keyOf));
        for await (const line of await client.services.logs(
          { id, follow: true, tail: mostLines, since: from },
          { signal },
        )) {
          if (!seen.has(keyOf(line))) await print(line);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isClosError(error, 'CLOS_UNREACHABLE', 'MODULE_UNAVAILABLE', 'SHUTTING_DOWN')) throw error;
      }
      from = printed.at(-1)?.time ?? from;
      await wait(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  const following = follow();
  // Whoever calls `finish` hears of a failure; before that nobody waits for it.
  following.catch(() => undefined);

  async function last(): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    for await (const line of await client.services.logs({ id, tail: compared, since }, { signal })) lines.push(line);
    return lines;
  }

  return {
    async finish() {
      try {
        const wanted = await last();
        while (!endsWith(printed, wanted)) {
          const news = new Promise<'news'>((resolve) => {
            fresh = () => resolve('news');
          });
          const given = await Promise.race([
            news,
            following,
            wait(lastLinesMs, 'over' as const, { signal, ref: false }),
          ]);
          if (given !== 'news') break;
        }
      } finally {
        control.abort();
      }
      await following;
    },
  };
}

async function printLine({ terminal, json }: CliContext, line: LogLine): Promise<void> {
  if (json) await terminal.out(JSON.stringify(line));
  else if (line.stream === 'stderr') await terminal.err(line.line);
  else await terminal.out(line.line);
}

function keyOf({ stream, time, line }: LogLine): string {
  return `${time} ${stream} ${line}`;
}

/** The newest lines of `printed` are these. */
function endsWith(printed: readonly LogLine[], lines: readonly LogLine[]): boolean {
  if (lines.length > printed.length) return false;
  const tail = printed.slice(printed.length - lines.length).map(keyOf);
  return lines.every((line, index) => keyOf(line) === tail[index]);
}
