import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A contender's server in a process of its own, so that it does not share a processor's time with those who measure it. */
export interface Forked {
  port: number;
  /** Has it do what it is there for, so many times; resolves with what it says, a number. */
  ask(times: number): Promise<number>;
  end(): Promise<void>;
}

/** Starts `<entry>`, beside this file, which says its port first and then answers each message with a number. */
export async function forkServer(entry: string, args: readonly string[]): Promise<Forked> {
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), args);
  const ended = once(child, 'exit');
  const said = async (): Promise<number> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then(() => {
        throw new Error(`${entry} ${args.join(' ')} has ended`);
      }),
    ]);
    return Number(message);
  };
  const port = await said();
  return {
    port,
    ask(times) {
      const answer = said();
      child.send(times);
      return answer;
    },
    async end() {
      child.disconnect();
      await ended;
    },
  };
}

/** The other side: says the port, answers each message, and ends with those who measure. */
export function serveForked(port: number, answer: (times: number) => number | Promise<number>): void {
  process.on('message', (times) => {
    void Promise.resolve(answer(Number(times))).then((value) => process.send?.(value));
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.(port);
}

/** Milliseconds by a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
