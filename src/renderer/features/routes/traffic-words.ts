import type { RateLimit, RouteTraffic } from '#shared/contract/routes.ts';

const plain = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 1234567 → "1,234,567". */
export function numberWords(count: number): string {
  return plain.format(count);
}

/** The same where there is little room: 1234567 → "1.2M". */
export function shortNumber(count: number): string {
  return count < 10_000 ? plain.format(count) : short.format(count);
}

/** Milliseconds: "0.4 ms", "12 ms", "1.5 s". */
export function msWords(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 1 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** "5 a second, 10 at once"; "none". */
export function limitWords(limit: RateLimit | null): string {
  if (limit === null) return 'none';
  return `${numberWords(limit.requestsPerSecond)} a second, ${numberWords(limit.burst)} at once`;
}

/** "2xx 120 · 4xx 3", only what there was. */
export function statusesWords({ statuses }: Pick<RouteTraffic, 'statuses'>): string {
  return Object.entries(statuses)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${status} ${numberWords(count)}`)
    .join(' · ');
}

/** "3 on their way, 1 connection open". */
export function underwayWords({ inFlight, tunnels }: Pick<RouteTraffic, 'inFlight' | 'tunnels'>): string {
  const parts = [
    inFlight === 0 ? null : `${numberWords(inFlight)} on the way`,
    tunnels === 0 ? null : `${numberWords(tunnels)} ${tunnels === 1 ? 'connection' : 'connections'} open`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
