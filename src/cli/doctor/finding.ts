/** What a check came to: `warn` is a trouble of some programs, `fail` one of everybody. */
export interface Finding {
  check: string;
  level: 'ok' | 'warn' | 'fail';
  reason: string;
  /** What to do. */
  advice: string | null;
}

export type Judged = Omit<Finding, 'check'>;

export const ok = (reason: string): Judged => ({ level: 'ok', reason, advice: null });
export const warn = (reason: string, advice: string): Judged => ({ level: 'warn', reason, advice });
export const fail = (reason: string, advice: string): Judged => ({ level: 'fail', reason, advice });
