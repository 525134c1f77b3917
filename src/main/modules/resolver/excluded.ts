import type { PortLimits } from '#main/host/types.ts';

/** The excluded range of the system that a port lies in. */
export function excludedRange(
  { excluded }: Pick<PortLimits, 'excluded'>,
  { protocol, port }: { protocol: string; port: number },
): PortLimits['excluded'][number] | undefined {
  return excluded.find((range) => range.protocol === protocol && port >= range.from && port <= range.to);
}
