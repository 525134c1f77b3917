import type { RateLimit } from '#shared/contract/routes.ts';
import { UsageError } from '../failure.ts';

/** Where a route shall lead. */
export interface TargetRef {
  service: string;
  /** The first that speaks HTTP without it. */
  endpoint?: string;
}

/** `SERVICE` or `SERVICE/ENDPOINT`. Throws `UsageError`. */
export function parseTarget(value: string): TargetRef {
  const [service = '', endpoint, ...more] = value.split('/');
  if (service !== '' && endpoint !== '' && more.length === 0) {
    return { service, ...(endpoint === undefined ? {} : { endpoint }) };
  }
  throw new UsageError(`"${value}" does not say where to lead.`, 'Write it as SERVICE or SERVICE/ENDPOINT.');
}

/** `100/20`: so many requests a second, and so many at once; `none` for no limit. Throws `UsageError`. */
export function parseRate(value: string): RateLimit | null {
  if (value === 'none') return null;
  const [, rate, burst] = /^(\d{1,7}(?:\.\d{1,3})?)\/(\d{1,7})$/.exec(value) ?? [];
  if (rate !== undefined && burst !== undefined) return { requestsPerSecond: Number(rate), burst: Number(burst) };
  throw new UsageError(
    `"${value}" is not a limit.`,
    'Write it as REQUESTS/BURST, such as 100/20: 100 a second, 20 at once. Or none.',
  );
}
