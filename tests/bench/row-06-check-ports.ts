import { detectPort } from 'detect-port';
import findProcess from 'find-process';
import { createHost } from '#main/host/host.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import type { WantedPort, World } from '#main/modules/resolver/world.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { type HeldPorts, holdPorts } from './support/held-ports.ts';

/** So that our round, too, is long enough to mean something. */
const checksPerRound = 20;
const nothing: World = { leases: [], containers: [], ownPorts: [] };

/** What all contenders share, from our `prepare` on. */
let stage: HeldPorts | undefined;

function onStage(): HeldPorts {
  if (stage === undefined) throw new Error('The ports of this row are not held');
  return stage;
}

function wantedAt(port: number): WantedPort {
  const service = { id: 'svc_web', name: 'web' };
  return { service, endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port, range: 'apis' };
}

/** Runs the check some times; it gives the ports that are taken, and only right answers count. */
async function round(times: number, check: (ports: readonly number[]) => Promise<number[]>): Promise<Sample> {
  const { ports, held } = onStage();
  const began = performance.now();
  for (let count = 0; count < times; count++) {
    const taken = await check(ports);
    if (taken.join() !== [...held].join()) throw new Error(`Found ${taken.join()} in place of ${[...held].join()}`);
  }
  return { '100 ports': (performance.now() - began) / times };
}

/**
 * Which of a hundred ports can be had; ten of them are held by another program.
 *
 * - us: a check by the resolver with a host that knows nothing from before, each time. It also tells who holds the ten ports,
 *   with command, folder and project, which the peers' answers do not contain.
 * - detect-port: asks for each port whether it gets this one, one after the other. Asked at once it takes its own probes for
 *   conflicts and finds more ports taken than are.
 * - find-process: asks who is at each port, one after the other; it starts up to four programs for each.
 */
const row: BenchRow = {
  row: 6,
  title: 'check 100 ports for conflicts',
  goal: '≥ 20 × faster than detect-port, ≥ 200 × than find-process',
  goals: [
    { measure: '100 ports', peer: 'detect-port', atLeast: 20 },
    { measure: '100 ports', peer: 'find-process', atLeast: 200 },
  ],
  rounds: 5,
  measures: { '100 ports': { unit: 'ms', better: 'less' } },
  async prepare() {
    const ports = await holdPorts();
    stage = ports;
    return async () => {
      stage = undefined;
      await ports.release();
    };
  },
  run: () =>
    round(checksPerRound, async (ports) => {
      const findings = await createChecker({ host: createHost() }).check(ports.map(wantedAt), nothing);
      const { pid } = onStage();
      const wrong = findings.find(({ holder }) => holder.pid !== pid);
      if (wrong !== undefined) throw new Error(`${wrong.wanted.port} is said to be held by ${wrong.holder.name}`);
      return findings.map(({ wanted }) => wanted.port);
    }),
  peers: [
    {
      name: 'detect-port',
      install: 'npm ci',
      isThere: () => true,
      run: () =>
        round(1, async (ports) => {
          const taken: number[] = [];
          for (const port of ports) if ((await detectPort(port)) !== port) taken.push(port);
          return taken;
        }),
    },
    {
      name: 'find-process',
      install: 'npm ci',
      isThere: () => true,
      run: () =>
        round(1, async (ports) => {
          const taken: number[] = [];
          for (const port of ports) if ((await findProcess('port', port)).length > 0) taken.push(port);
          return taken;
        }),
    },
  ],
};

export default row;
