import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { configSchema } from '#main/config/config.ts';
import { loadIdentity, makeServiceKeys } from '#main/supervisor/identity.ts';
import { fromModuleSchema, type StartOrder } from '#main/supervisor/messages.ts';
import { portNames } from '#main/supervisor/module.ts';
import { recordOf } from '#shared/base/record-of.ts';
import type { Home } from '#shared/node/home.ts';
import { environmentOf, newHome, removeHome } from '#tests/support/system.ts';
import { buildIfNeeded } from '../../tools/lib/build.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { median } from './frame/statistics.ts';

const events = 1_000_000;
const startsPerRound = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));
const built = `${root}/out/main/modules/api.entry.js`;
const fill = fileURLToPath(new URL('./support/fill-home.entry.ts', import.meta.url));

let home: Home | undefined;

/** What a supervisor says to its api. */
function orderFor({ root: homeRoot }: Home, identityKey: string): StartOrder {
  return {
    version: '0.0.0',
    homeRoot,
    packageRoot: root,
    config: configSchema.parse({}),
    serviceKeys: makeServiceKeys(),
    identityKey,
    ports: recordOf(portNames, () => ({ preferred: 0, candidates: [0] })),
  };
}

/** The status of one request over the module's socket. */
function ask(socketPath: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/api/v2/services', headers: { authorization: `Bearer ${token}` } }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}

/** Resolves when the module says that it is ready, whatever it rings before. */
async function ready(child: ChildProcess): Promise<void> {
  for await (const [said] of on(child, 'message')) {
    const message = fromModuleSchema.parse(said);
    if (message.type === 'ready') return;
    if (message.type === 'failed') throw new Error(message.reason);
  }
}

/** From the moment that the process is asked for to its first list of all services. */
async function start(place: Home): Promise<number> {
  const order = orderFor(place, loadIdentity(place).privateKeyPem);
  const env = { ...environmentOf(place), NODE_COMPILE_CACHE: `${place.root}/compiled` };
  const began = performance.now();
  const child = fork(built, [], { env, serialization: 'json', execArgv: [] });
  const exit = once(child, 'exit');
  try {
    child.send({ type: 'start', order });
    await ready(child);
    const status = await ask(place.socketOf('api'), order.serviceKeys.supervisor);
    if (status !== 200) throw new Error(`The first answer was ${status}`);
    return performance.now() - began;
  } finally {
    child.send({ type: 'stop' });
    await exit;
  }
}

/**
 * The start of the api on a database with a million events: from `fork` to the first list of its hundred services, as it is built
 * (`npm run build`) and with its compiled code kept from the start before, as from the second start on.
 *
 * uptime-kuma is on no registry that its users install it from (they clone its repository), so it is only told how to have it here.
 */
const row: BenchRow = {
  row: 12,
  title: 'cold start of the api to its first 200, a million events stored',
  goal: '≤ 250 ms; ≥ 5 × faster than uptime-kuma',
  goals: [{ measure: 'start', atMost: 250 }],
  rounds: 5,
  measures: { start: { unit: 'ms', better: 'less' } },
  async prepare() {
    if (!(await buildIfNeeded())) throw new Error('The api could not be built');
    const place = newHome();
    const filling = fork(fill, [place.root, String(events)], { cwd: root });
    const [code] = await once(filling, 'exit');
    if (code !== 0) throw new Error('The database could not be filled');
    home = place;
    return () => removeHome(place);
  },
  async run(): Promise<Sample> {
    if (home === undefined) throw new Error('There is no database for this row yet');
    const times: number[] = [];
    for (let count = 0; count < startsPerRound; count += 1) times.push(await start(home));
    return { start: median(times) };
  },
  peers: [
    {
      name: 'uptime-kuma',
      install:
        'git clone https://github.com/louislam/uptime-kuma && npm run setup, and a million heartbeats in its database',
      isThere: () => false,
      run: () => Promise.reject(new Error('It is not there')),
    },
  ],
};

export default row;
