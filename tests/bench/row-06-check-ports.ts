import { detectPort } from 'detect-port';
import findProcess from 'find-process';
import { createHost } from '#main/host/host.ts';
import type { Host } from '#main/host/platform.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import type { WantedPort, World } from '#main/modules/resolver/world.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { type HeldPorts, holdPorts } from './support/held-ports.ts';

/** So that our round, too, is long enough to mean something. */
const checksPerRound = 20;
/** One peer takes so long that it is asked about ten of the ports only: one held, nine free. */
const sampleOfSlow = 10;
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

type Check = (ports: readonly number[]) => Promise<number[]>;

/** The time of one check, by `times` of them; it gives the ports that are taken, and only right answers count. */
async function timeOf(times: number, ports: readonly number[], check: Check): Promise<number> {
  const held = ports.filter((port) => onStage().held.has(port));
  const began = performance.now();
  for (let count = 0; count < times; count++) {
    const taken = await check(ports);
    if (taken.join() !== held.join()) throw new Error(`Found ${taken.join()} in place of ${held.join()}`);
  }
  return (performance.now() - began) / times;
}

/** A peer remembers nothing, so its first look is like any other. */
const both = (ms: number): Sample => ({ '100 ports': ms, 'first look': ms });

/** One after the other. */
async function filterTaken(ports: readonly number[], isTaken: (port: number) => Promise<boolean>): Promise<number[]> {
  const taken: number[] = [];
  for (const port of ports) if (await isTaken(port)) taken.push(port);
  return taken;
}

/** Checks with a host; who holds each port has to be right, too. */
function checkWith(host: () => Host): Check {
  return async (ports) => {
    const all = await createChecker({ host: host() }).check(ports.map(wantedAt), nothing);
    // A warning is about somebody who can live beside us, such as another program's probe of ::1.
    const findings = all.filter(({ severity }) => severity === 'blocking');
    const { pid } = onStage();
    const wrong = findings.find(({ holder }) => holder.pid !== pid);
    if (wrong !== undefined) throw new Error(`${wrong.wanted.port} is said to be held by ${wrong.holder.name}`);
    return findings.map(({ wanted }) => wanted.port);
  };
}

/**
 * Which of a hundred ports can be had; ten of them are held by another program.
 *
 * - us: a check by the resolver, with the host that a running CLOS keeps. It also tells who holds the ten ports, with command,
 *   folder and project, which the peers' answers do not contain. `first look` is the same by a host that has never seen these
 *   sockets, so that their processes have to be searched for.
 * - detect-port: asked for each port whether it gets this one, one after the other. Asked at once it takes its own probes for
 *   conflicts and finds more ports taken than are.
 * - find-process: asked who is at each port, one after the other; for a free one it starts one program after the other until
 *   none is left to ask. It is asked about ten ports, one of them held, and its time is multiplied by ten.
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
  measures: { '100 ports': { unit: 'ms', better: 'less' }, 'first look': { unit: 'ms', better: 'less' } },
  async prepare() {
    const ports = await holdPorts();
    stage = ports;
    return async () => {
      stage = undefined;
      await ports.release();
    };
  },
  async run() {
    const { ports } = onStage();
    const kept = createHost();
    const firstLook = await timeOf(checksPerRound, ports, checkWith(createHost));
    await checkWith(() => kept)(ports);
    return {
      '100 ports': await timeOf(
        checksPerRound,
        ports,
        checkWith(() => kept),
      ),
      'first look': firstLook,
    };
  },
  peers: [
    {
      name: 'detect-port',
      install: 'npm ci',
      isThere: () => true,
      async run() {
        const check: Check = (ports) => filterTaken(ports, async (port) => (await detectPort(port)) !== port);
        return both(await timeOf(1, onStage().ports, check));
      },
    },
    {
      name: 'find-process',
      install: 'npm ci',
      isThere: () => true,
      async run() {
        const some = onStage().ports.slice(0, sampleOfSlow);
        const check: Check = (ports) =>
          filterTaken(ports, async (port) => (await findProcess('port', port)).length > 0);
        return both((await timeOf(1, some, check)) * (onStage().ports.length / sampleOfSlow));
      },
    },
  ],
};

export default row;
