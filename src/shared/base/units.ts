/** Durations (`"10s"`) and sizes (`"256MiB"`) as people write them. Each parser returns null for what it does not understand. */

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

function parseUnits(text: string, pattern: RegExp, units: Record<string, number>): number | null {
  const match = pattern.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  return Math.round(Number(match[1]) * unit);
}

/** `"1.5s"` → 1500 milliseconds. Units: ms, s, m, h, d. */
export function parseDuration(text: string): number | null {
  return parseUnits(text, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/, durationUnits);
}

/** `"256MiB"` → 268435456 bytes. Units: B, KB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024). */
export function parseSize(text: string): number | null {
  return parseUnits(text, /^(\d{1,15}(?:\.\d{1,3})?)(B|KB|MB|GB|KiB|MiB|GiB)$/, sizeUnits);
}

/** 94208 → `"92.0 KiB"`: in the largest unit that leaves something before the point. */
export function sizeText(bytes: number): string {
  const [unit, size] = [['GiB', 1024 ** 3] as const, ['MiB', 1024 ** 2] as const, ['KiB', 1024] as const].find(
    ([, each]) => bytes >= each,
  ) ?? ['B', 1];
  return `${unit === 'B' ? bytes : (bytes / size).toFixed(1)} ${unit}`;
}
