import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseDuration } from '#shared/base/units.ts';
import { UsageError } from '../failure.ts';

/** A whole number between two bounds. Throws `UsageError`. */
export function parseWhole(value: string, name: string, bounds: { min: number; max: number }): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= bounds.min && number <= bounds.max) return number;
  throw new UsageError(`${name} must be a whole number from ${bounds.min} to ${bounds.max}, and "${value}" is not.`);
}

/** A port as people write it: `3000` or `:3000`. Throws `UsageError`. */
export function parsePort(value: string): number {
  return parseWhole(value.replace(/^:/, ''), 'A port', { min: 1, max: 65_535 });
}

/** A port of one protocol: `3000`, `:3000`, `5353/udp`. Throws `UsageError`. */
export function parsePortRef(value: string): { port: number; protocol: 'tcp' | 'udp' } {
  const [, port = value, protocol] = /^(.*)\/(tcp|udp)$/.exec(value) ?? [];
  return { port: parsePort(port), protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}

/** The ports of a range: `3000-3099`. Throws `UsageError`. */
export function parseSpan(value: string): { first: number; last: number } {
  const [, first, last] = /^:?(\d+)-:?(\d+)$/.exec(value) ?? [];
  if (first === undefined || last === undefined) {
    throw new UsageError(`"${value}" is not a range of ports.`, 'Write it as FIRST-LAST, such as 3000-3099.');
  }
  const span = { first: parsePort(first), last: parsePort(last) };
  if (span.first <= span.last) return span;
  throw new UsageError(`The range ${value} ends before it begins.`, `Did you mean ${last}-${first}?`);
}

/** A moment: ISO 8601, or how long ago, such as `10m`. Throws `UsageError`. */
export function parseMoment(value: string, now: number, option = '--since'): string {
  const before = parseDuration(value);
  const time = before === null ? Date.parse(value) : now - before;
  if (Number.isFinite(time) && Math.abs(time) <= 8.64e15) return new Date(time).toISOString();
  throw new UsageError(
    `"${value}" is neither a time nor a duration.`,
    `Write ${option} 10m, or ${option} 2026-11-23T09:00:00Z`,
  );
}

/** `KEY=VALUE`; a bare `KEY` takes its value from this environment. Throws `UsageError`. */
export function parseEnv(entries: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    const name = at === -1 ? entry : entry.slice(0, at);
    const value = at === -1 ? env[name] : entry.slice(at + 1);
    if (value === undefined) {
      throw new UsageError(`The variable ${name} is not set here.`, `Give it a value: -e ${name}=VALUE`);
    }
    variables[name] = value;
  }
  return variables;
}

/** The text of a file, or of standard input for `-`. Throws `UsageError` when there is no such file. */
export async function readText(path: string): Promise<string> {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new UsageError(`The file ${path} cannot be read (${reason}).`);
  }
}
