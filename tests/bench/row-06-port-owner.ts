import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import findProcess from 'find-process';
import { createHost } from '#main/host/host.ts';
import { onPath } from '#tests/support/prerequisites.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { type HeldPorts, holdPorts } from './support/held-ports.ts';

const questionsPerRound = 10;
const run = promisify(execFile);

/** What all contenders share, from our `prepare` on. */
let stage: HeldPorts | undefined;

function onStage(): HeldPorts {
  if (stage === undefined) throw new Error('The ports of this row are not held');
  return stage;
}

/** Asks for the owner of each held port in turn; only right answers count. */
async function round(ask: (port: number) => Promise<number | undefined>): Promise<Sample> {
  const { held, pid } = onStage();
  const ports = [...held].slice(0, questionsPerRound);
  const began = performance.now();
  for (const port of ports) {
    const found = await ask(port);
    if (found !== pid) throw new Error(`${port} is held by ${pid}, and the answer was ${found}`);
  }
  return { 'one owner': (performance.now() - began) / ports.length };
}

/**
 * Which process holds a port.
 *
 * - us: the listeners of the port with their owners, by a host that knows nothing from before, each time. A host that has seen
 *   the socket proves what it remembers in a tenth of that. The answer has command, folder, project, checkout and whether it may be ended.
 * - lsof: `lsof -nP -iTCP:<port> -sTCP:LISTEN`, from before it is spawned to its exit, because that is how it is used.
 * - find-process: asked by port.
 */
const row: BenchRow = {
  row: 6,
  title: 'the owner of a port',
  goal: '≤ 1/3 of the time of lsof',
  goals: [{ measure: 'one owner', peer: 'lsof', atLeast: 3 }],
  rounds: 5,
  measures: { 'one owner': { unit: 'ms', better: 'less' } },
  async prepare() {
    const ports = await holdPorts();
    stage = ports;
    return async () => {
      stage = undefined;
      await ports.release();
    };
  },
  run: () =>
    round(async (port) => {
      const [listener] = await createHost().listListeners({ owners: true, ports: [port] });
      return listener?.owner?.pid;
    }),
  peers: [
    {
      name: 'lsof',
      install: 'apt-get install lsof',
      isThere: () => onPath('lsof') !== undefined,
      run: () =>
        round(async (port) => {
          const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN']);
          return Number(/^\S+\s+(\d+)\s/m.exec(stdout.split('\n')[1] ?? '')?.[1]);
        }),
    },
    {
      name: 'find-process',
      install: 'npm ci',
      isThere: () => true,
      run: () => round(async (port) => (await findProcess('port', port))[0]?.pid),
    },
  ],
};

export default row;
