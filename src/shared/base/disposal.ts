/** Collects what one owner must end, and ends it in reverse order; a failure of one does not keep the others. */
export class DisposableStack {
  readonly #items: Array<() => void | Promise<void>> = [];

  use(dispose: () => void | Promise<void>): void {
    this.#items.push(dispose);
  }

  /** Ends everything once. Errors are gathered into one `AggregateError`. */
  async dispose(): Promise<void> {
    const errors: unknown[] = [];
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) {
      try {
        await item();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Some parts could not be ended cleanly');
  }
}
