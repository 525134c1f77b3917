/**
 * `npm run bench [-- row …]`: measures us and the peers in one run, interleaved, row by row.
 *
 * Rows are the files `tests/bench/row-NN-name.ts`; see tests/bench/frame/bench-row.ts for what they export.
 */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BenchRow } from '../tests/bench/frame/bench-row.ts';
import { measureRow } from '../tests/bench/frame/measure-row.ts';
import { machineFacts, reportRow } from '../tests/bench/frame/report.ts';

const wanted = process.argv.slice(2).map(Number);
const files = globSync('tests/bench/row-*.ts').sort();
const chosen = files.filter((file) => wanted.length === 0 || wanted.includes(rowNumber(file)));

if (chosen.length === 0) {
  const known = files.length === 0 ? 'There are no rows yet.' : `Rows: ${files.map(rowNumber).join(', ')}.`;
  process.stdout.write(`Nothing to measure. ${known}\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`${machineFacts()}\n`);
  for (const file of chosen) await measure(file);
}

async function measure(file: string): Promise<void> {
  try {
    const row: BenchRow = (await import(pathToFileURL(resolve(file)).href)).default;
    process.stdout.write(`\n${reportRow(await measureRow(row))}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(`\n${file} could not be measured: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}

function rowNumber(file: string): number {
  return Number(/row-(\d+)/.exec(file)?.[1]);
}
