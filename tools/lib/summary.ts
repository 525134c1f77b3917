/** What one run of tests came to, as numbers that can be added. */
export interface Summary {
  passed: number;
  failed: Failed[];
  skipped: Skipped[];
}

export interface Failed {
  /** File and full name. */
  name: string;
  /** What was wrong, in its first lines. */
  why: string;
}

export interface Skipped {
  /** File and full name. */
  name: string;
  reason: string;
}

export const nothing: Summary = { passed: 0, failed: [], skipped: [] };

export function failure(name: string, why: string): Summary {
  return { ...nothing, failed: [{ name, why }] };
}

export function add(a: Summary, b: Summary): Summary {
  return {
    passed: a.passed + b.passed,
    failed: [...a.failed, ...b.failed],
    skipped: [...a.skipped, ...b.skipped],
  };
}

/** `3 passed, 0 failed`, and `, 1 skipped` when something was left out. */
export function summaryLine({ passed, failed, skipped }: Summary): string {
  const line = `${passed} passed, ${failed.length} failed`;
  return skipped.length === 0 ? line : `${line}, ${skipped.length} skipped`;
}

/** True when something ran and nothing failed: a run of nothing proves nothing. */
export function succeeded({ passed, failed }: Summary): boolean {
  return failed.length === 0 && passed > 0;
}
