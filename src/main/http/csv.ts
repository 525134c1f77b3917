/** A value as a field: text as it is, what is no single value as JSON. */
function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // A spreadsheet would take these for the beginning of a formula (OWASP, "CSV Injection").
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value !== 'number' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** An object's values by path, one level down: `actor.name`. */
function flatten(row: Readonly<Record<string, unknown>>): Array<[string, unknown]> {
  return Object.entries(row).flatMap(
    ([name, value]): Array<[string, unknown]> =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one])
        : [[name, value]],
  );
}

/**
 * Rows as comma-separated values (RFC 4180). `columns` are paths, one level down at most; what stands at a shorter path than the
 * row has is written as JSON.
 */
export async function* toCsv(rows: AsyncIterable<unknown>, columns: readonly string[]): AsyncGenerator<string> {
  yield `${columns.map(fieldOf).join(',')}\r\n`;
  for await (const row of rows) {
    const whole = row as Record<string, unknown>;
    const values = new Map(flatten(whole));
    yield `${columns.map((column) => fieldOf(values.has(column) ? values.get(column) : whole[column])).join(',')}\r\n`;
  }
}
