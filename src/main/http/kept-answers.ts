import type { Representation } from './representation.ts';

/** More requests than this that differ are nobody's habit. */
const keptPerOperation = 32;
const largestBytes = 4 * 1024 * 1024;

interface Kept {
  /** Counts how often the answers have become old. */
  age: number;
  answers: Map<string, Representation>;
}

/**
 * Answers that are given again as they are, until something happens that makes them old.
 *
 * Whoever commits calls `forget` before anyone learns of the commit, so who has been told of a change never reads what was before it.
 * An answer that was being made meanwhile is not kept: it may have been read before the change.
 */
export class KeptAnswers {
  readonly #operations = new Map<string, Kept>();

  #of(operationId: string): Kept {
    let kept = this.#operations.get(operationId);
    if (kept === undefined) {
      kept = { age: 0, answers: new Map() };
      this.#operations.set(operationId, kept);
    }
    return kept;
  }

  find(operationId: string, url: string): Representation | undefined {
    return this.#of(operationId).answers.get(url);
  }

  /** Takes note that an answer is about to be made. Returns the way to keep it. */
  begin(operationId: string, url: string): (answer: Representation) => void {
    const kept = this.#of(operationId);
    const { age } = kept;
    return (answer) => {
      if (kept.age !== age || answer.body.length > largestBytes) return;
      if (kept.answers.size >= keptPerOperation) kept.answers.clear();
      kept.answers.set(url, answer);
    };
  }

  /** The answers of these operations are old. */
  forget(operationIds: Iterable<string>): void {
    for (const id of operationIds) {
      const kept = this.#of(id);
      kept.age += 1;
      kept.answers.clear();
    }
  }
}
