import type { Finding } from '../doctor/finding.ts';
import type { Colour, Paint } from './style.ts';

const marks: Readonly<Record<Finding['level'], { word: string; colour: Colour }>> = {
  ok: { word: 'ok  ', colour: 'green' },
  warn: { word: 'warn', colour: 'yellow' },
  fail: { word: 'FAIL', colour: 'red' },
};

/** What was found, a line each, with what to do below. */
export function renderFindings(findings: readonly Finding[], paint: Paint): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.flatMap(({ check, level, reason, advice }) => {
    const { word, colour } = marks[level];
    const line = `${paint(colour, word)}  ${check.padEnd(width)}  ${reason}`;
    return advice === null ? [line] : [line, `${' '.repeat(width + 8)}${advice}`];
  });
}
