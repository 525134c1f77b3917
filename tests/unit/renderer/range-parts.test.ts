import { describe, expect, it } from 'vitest';
import { rangeParts } from '#renderer/features/ports/range-parts.ts';
import type { LeaseRow } from '#shared/contract/ports.ts';

function lease(port: number): LeaseRow {
  const service = { id: `svc_${port}`, name: `s${port}` };
  const since = '2026-01-02T03:04:05.000Z';
  const rest = {
    protocol: 'tcp',
    address: '127.0.0.1',
    since,
    reason: 'wanted',
    range: 'apis',
    endpoint: 'http',
  } as const;
  return { id: `lse_${port}`, port, service, ...rest };
}

describe('The map of a range', () => {
  it('is one free stretch while nothing is leased', () => {
    expect(rangeParts({ name: 'apis', first: 4000, last: 4999 }, [])).toEqual([
      { type: 'free', first: 4000, last: 4999 },
    ]);
  });

  it('names each lease and the stretches between them, in order', () => {
    const leases = [lease(4003), lease(4000), lease(4005), lease(4004)];
    expect(rangeParts({ name: 'apis', first: 4000, last: 4005 }, leases)).toEqual([
      { type: 'lease', lease: lease(4000) },
      { type: 'free', first: 4001, last: 4002 },
      { type: 'lease', lease: lease(4003) },
      { type: 'lease', lease: lease(4004) },
      { type: 'lease', lease: lease(4005) },
    ]);
  });
});
