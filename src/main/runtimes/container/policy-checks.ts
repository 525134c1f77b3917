/** Reports one thing that is refused, and where it stands. */
export type Say = (path: string, message: string) => void;
export type Check = (value: unknown, path: string, say: Say) => void;
export type Rules = Record<string, Check>;

export const harmless: Check = () => undefined;

export function mustBeEmpty(message: string): Check {
  return (value, path, say) => {
    if (!isEmpty(value)) say(path, message);
  };
}

/** Not even empty: an empty list takes the engine's own protection away. */
export function mustBeAbsent(message: string): Check {
  return (value, path, say) => {
    if (value !== undefined && value !== null) say(path, message);
  };
}

export function mustNotBeTrue(message: string): Check {
  return (value, path, say) => {
    if (value !== undefined && value !== null && value !== false) say(path, message);
  };
}

export function oneOf(allowed: string[], message: string): Check {
  return (value, path, say) => {
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '\0';
    if (!isEmpty(value) && !allowed.includes(word)) say(path, message);
  };
}

/** A check of a record by its fields; a field without a rule is refused. */
export function checkFields(rules: Rules): Check {
  return (value, path, say) => {
    if (value === undefined || value === null) return;
    if (!isRecord(value)) return say(path, 'An object is expected here.');
    for (const [field, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      const at = path === '' ? field : `${path}.${field}`;
      const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
      if (rule === undefined) say(at, `${shown(field)} is not known to be safe.`);
      else rule(inner, at, say);
    }
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function keysOf(value: unknown): string[] {
  if (isRecord(value)) return Object.keys(value);
  return isEmpty(value) ? [] : ['?'];
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

/** A list's items with their paths; the engine takes a single string for a list, so it counts as one. */
export function listOf(value: unknown, path: string): [unknown, string][] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map((item, index) => [item, `${path}.${index}`]) : [[value, path]];
}

/** A value for a message, cut to a bearable length. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
