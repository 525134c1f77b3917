const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The wish to end a program that runs in the foreground. */
export interface Interrupts {
  /** Resolves with the first signal. */
  first: Promise<void>;
  /** Resolves with the second one: whoever sends it has no more patience. */
  second: Promise<void>;
  /** Lets signals end this process again. */
  release(): void;
}

/** Takes the signals that would end this process: Ctrl-C, a polite kill, a terminal that closes. */
export function catchInterrupts(): Interrupts {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let count = 0;
  const take = () => {
    count += 1;
    (count === 1 ? first : second).resolve();
  };
  for (const signal of signals) process.on(signal, take);
  return {
    first: first.promise,
    second: second.promise,
    release() {
      for (const signal of signals) process.off(signal, take);
    },
  };
}
