import { setImmediate as nextTurn } from 'node:timers/promises';

/** Gives the event loop a turn whenever the work since the last turn took longer than `budgetMs`. */
export class TimeSlice {
  readonly #budgetMs: number;
  #since = performance.now();

  constructor(budgetMs = 5) {
    this.#budgetMs = budgetMs;
  }

  get spent(): boolean {
    return performance.now() - this.#since >= this.#budgetMs;
  }

  async rest(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
