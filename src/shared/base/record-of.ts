/** A record with one value for each key, typed as whole: the compiler knows that no key is missing. */
export function recordOf<K extends string, V>(keys: readonly K[], toValue: (key: K) => V): Record<K, V> {
  const record: Partial<Record<K, V>> = {};
  for (const key of keys) record[key] = toValue(key);
  return record as Record<K, V>;
}
