import { cpus, release, totalmem, type } from 'node:os';
import type { Goal, Measure } from './bench-row.ts';
import type { RowResult } from './measure-row.ts';
import type { Spread } from './statistics.ts';

/** On what the numbers were found: without this they mean nothing. */
export function machineFacts(now: Date = new Date()): string {
  const cores = cpus();
  return [
    `${cores[0]?.model.trim() ?? 'unknown processor'}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release()}, Node ${process.version}, ${now.toISOString()}`,
  ].join('\n');
}

/** A row as a table for people: medians with the middle half of the rounds, and how many times better we are. */
export function reportRow({ row, rounds, ours, peers, missing, goals }: RowResult): string {
  const lines = Object.entries(row.measures).flatMap(([measure, { unit, better }]) => [
    ['us', measure, cell(ours[measure], unit), ''],
    ...peers.map(({ name, theirs, advantage }) => [
      name,
      measure,
      cell(theirs[measure], unit),
      `we are ${cell(advantage[measure], '×')} ${better === 'more' ? 'higher' : 'lower'}`,
    ]),
  ]);
  return [
    `${row.row}. ${row.title}`,
    `   goal: ${row.goal}`,
    ...table([['', '', `median of ${rounds} (middle half)`, 'per round'], ...lines]),
    ...goals.map(({ goal, value, met }) => `   ${verdict(met)}: ${goalText(goal, row.measures, value)}`),
    ...missing.map(({ name, install }) => `   not measured: ${name} is not installed. To install it: ${install}`),
  ].join('\n');
}

function goalText(goal: Goal, measures: Record<string, Measure>, value: number | undefined): string {
  const unit = goal.peer === undefined ? (measures[goal.measure]?.unit ?? '') : '×';
  const bound = [
    ...(goal.atLeast === undefined ? [] : [`at least ${goal.atLeast}`]),
    ...(goal.atMost === undefined ? [] : [`at most ${goal.atMost}`]),
  ].join(' and ');
  const found = value === undefined ? 'no number' : `${number(value)} ${unit}`;
  return `${goal.measure}${goal.peer === undefined ? '' : ` against ${goal.peer}`}: ${found}, wanted ${bound} ${unit}`;
}

function verdict(met: boolean | undefined): string {
  return met === undefined ? 'open' : met ? 'met' : 'MISSED';
}

function cell(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return '';
  return `${number(spread.median)} ${unit} (${number(spread.low)}–${number(spread.high)})`;
}

/** Three digits that count: 0.0523, 1.24, 390, 22100. */
function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(3)));
}

function table(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>((all, row) => row.map((text, i) => Math.max(all[i] ?? 0, text.length)), []);
  return rows.map((row) => `   ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
}
