import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onPath } from '#tests/support/prerequisites.ts';
import { environmentOf, newHome, removeHome, startSystem } from '#tests/support/system.ts';
import { buildIfNeeded } from '../../tools/lib/build.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { median, quantile } from './frame/statistics.ts';
import { type HeldPorts, holdPorts } from './support/held-ports.ts';

const questionsPerRound = 10;
const run = promisify(execFile);

let stage: { ports: HeldPorts; env: NodeJS.ProcessEnv } | undefined;

function onStage(): NonNullable<typeof stage> {
  if (stage === undefined) throw new Error('The system of this row has not been started');
  return stage;
}

/** Asks for the owner of each held port in turn by a program, from before it is spawned to its exit; only right answers count. */
async function round(program: string, argumentsFor: (port: number) => string[]): Promise<Sample> {
  const { ports, env } = onStage();
  const times: number[] = [];
  for (const port of [...ports.held].slice(0, questionsPerRound)) {
    const began = performance.now();
    const { stdout } = await run(program, argumentsFor(port), { env });
    times.push(performance.now() - began);
    if (!stdout.includes(String(ports.pid)))
      throw new Error(`${port} is held by ${ports.pid}, and the answer was ${stdout}`);
  }
  return { median: median(times), p95: quantile(times, 0.95) };
}

/** How long a person waits for the answer of `clos who PORT`, Node's own start in it. The peers say less. */
const row: BenchRow = {
  row: 6,
  title: 'the answer of `clos who` in a terminal',
  goal: '≤ 150 ms',
  goals: [
    { measure: 'median', atMost: 150 },
    { measure: 'p95', atMost: 150 },
  ],
  rounds: 5,
  measures: { median: { unit: 'ms', better: 'less' }, p95: { unit: 'ms', better: 'less' } },
  async prepare() {
    if (!(await buildIfNeeded())) throw new Error('The command line could not be built');
    const home = newHome();
    const ports = await holdPorts();
    const env = { CLOS_PROFILE: 'production', CLOS_LOG_LEVEL: 'info' };
    const system = await startSystem({ home, env });
    stage = { ports, env: environmentOf(home, { env }) };
    return async () => {
      stage = undefined;
      await system.stop();
      await ports.release();
      removeHome(home);
    };
  },
  run: () => round(process.execPath, (port) => ['out/main/cli.js', 'who', String(port)]),
  peers: [
    {
      name: 'from source',
      install: 'npm ci',
      isThere: () => true,
      run: () => round(process.execPath, (port) => ['src/cli/start.js', 'who', String(port)]),
    },
    {
      name: 'lsof',
      install: 'apt-get install lsof',
      isThere: () => onPath('lsof') !== undefined,
      run: () => round('lsof', (port) => ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN']),
    },
  ],
};

export default row;
