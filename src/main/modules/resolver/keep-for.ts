/** How many answers are kept at most: against a leak, not for memory. */
const most = 256;

/** Remembers what `ask` answered to a key for some milliseconds, also while the answer is still on its way. */
export function keepFor<V>(keptMs: number, ask: (key: string) => Promise<V>): (key: string) => Promise<V> {
  const kept = new Map<string, { at: number; value: Promise<V> }>();
  return (key) => {
    const now = performance.now();
    const known = kept.get(key);
    if (known !== undefined && now - known.at < keptMs) return known.value;
    const value = ask(key);
    kept.delete(key);
    kept.set(key, { at: now, value });
    if (kept.size > most) kept.delete(kept.keys().next().value ?? key);
    return value;
  };
}
