import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from '#shared/base/units.ts';

describe('units', () => {
  it('reads durations in milliseconds', () => {
    expect(['250ms', '10s', '1.5m', '2h', '1d'].map(parseDuration)).toEqual([
      250, 10_000, 90_000, 7_200_000, 86_400_000,
    ]);
  });

  it('reads sizes in bytes, powers of 1000 and of 1024 apart', () => {
    expect(['512B', '1KB', '1KiB', '256MiB', '1.5GB'].map(parseSize)).toEqual([
      512, 1000, 1024, 268_435_456, 1_500_000_000,
    ]);
  });

  it('understands nothing else', () => {
    expect(['', '10', 's', '-1s', '1 s', '1e3ms', '10S', '1w'].map(parseDuration)).toEqual(Array(8).fill(null));
    expect(['', '10', 'MB', '-1MB', '1 MB', '1mb', '1TB'].map(parseSize)).toEqual(Array(7).fill(null));
  });
});
