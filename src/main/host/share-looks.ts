/**
 * Lets callers that come at once share an expensive look.
 *
 * Nobody is given what is older than the question: who comes while a look runs gets the next one, together with all others who
 * came meanwhile.
 */
export function shareLooks<T>(look: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;

  function begin(): Promise<T> {
    const mine = look();
    running = mine;
    const done = () => {
      if (running === mine) running = null;
    };
    mine.then(done, done);
    return mine;
  }

  return () => {
    if (running === null) return begin();
    const later = () => {
      next = null;
      return begin();
    };
    next ??= running.then(later, later);
    return next;
  };
}
