import { readFileSync } from 'node:fs';

/**
 * Loaded first into every process of a system: its wall clock is off by the milliseconds that stand in the file CLOS_TEST_CLOCK names,
 * from one moment to the next, as when somebody sets the clock of the machine. Monotonic time and timers go on, as they would.
 */
const file = process.env.CLOS_TEST_CLOCK ?? '';
const RealDate = Date;

function now(): number {
  return RealDate.now() + Number(readFileSync(file, 'utf8'));
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [now()] : given, self),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
