import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { Service } from '#shared/contract/services.ts';
import { canStartPrivately, startEngine } from '#tests/support/engine.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { webImage } from '#tests/support/web-image.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { createLoad, type Load, type Target } from './support/load.ts';

const listed = 100;
const path = '/api/v2/services';

/** What all contenders share, from our `prepare` on. */
interface Stage {
  system: TestSystem;
  services: Service[];
}
let stage: Stage | undefined;

function onStage(): Stage {
  if (stage === undefined) throw new Error('There is no CLOS with services for this row yet');
  return stage;
}

const round = async (load: Load | undefined): Promise<Sample> => {
  if (load === undefined) throw new Error('This contender was not prepared');
  return { requests: await load.perSecond(1000), answer: await load.typical(500) };
};

/** A contender that is a server to be asked. */
function server(find: () => Promise<{ target: Target; end(): Promise<void> | void }>) {
  let load: Load | undefined;
  return {
    async prepare() {
      const { target, end } = await find();
      load = createLoad(target);
      return async () => {
        await load?.close();
        await end();
      };
    },
    run: () => round(load),
  };
}

async function startClos(): Promise<TestSystem> {
  const system = await startSystem({ env: { CLOS_PROFILE: 'production', CLOS_LOG_LEVEL: 'info' } });
  for (let number = 0; number < listed; number += 1) {
    await system.client.services.create({
      name: `web-${number}`,
      runtime: { type: 'container', image: webImage, pull: 'never' },
      endpoints: [{ name: 'http', containerPort: 80 }],
      env: { COLOUR: 'green', LEVEL: 'info' },
    });
  }
  stage = { system, services: (await system.client.services.list({ limit: 500 })).items };
  return system;
}

const key = () => ({ authorization: `Bearer ${onStage().system.apiKey}` });

/** The same services as rows of a database that another program reads for each request. */
async function startFastify(): Promise<{ child: ChildProcess; origin: string; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'clos-b-'));
  const database = new Database(join(folder, 'peer.db'));
  database.pragma('journal_mode = WAL');
  database.exec(
    'CREATE TABLE services (name TEXT PRIMARY KEY, service TEXT); CREATE TABLE keys (key TEXT PRIMARY KEY, role TEXT)',
  );
  database.prepare('INSERT INTO keys VALUES (?, ?)').run('peer', 'admin');
  const insert = database.prepare('INSERT INTO services VALUES (?, ?)');
  for (const service of onStage().services) insert.run(service.name, JSON.stringify(service));
  database.close();
  const child = fork(fileURLToPath(new URL('./support/fastify-peer.ts', import.meta.url)));
  child.send({ path: join(folder, 'peer.db'), key: 'peer' });
  const [origin] = await once(child, 'message');
  return { child, origin: String(origin), folder };
}

/**
 * A list of a hundred services, for a caller with a key.
 *
 * - us: the api on its own port, from the bytes that it keeps; through the gateway is a row of its own below.
 * - fastify: the same services, read from SQLite and made JSON for each request.
 * - the engine: `/containers/json?all=1` of dockerd with a hundred containers that were created and not started.
 */
const row: BenchRow = {
  row: 1,
  title: 'an authenticated list of 100 services',
  goal: '≥ 10 × the requests of the engine, ≥ 20 × lower median',
  goals: [
    { measure: 'requests', peer: 'the engine', atLeast: 10 },
    { measure: 'answer', peer: 'the engine', atLeast: 20 },
  ],
  rounds: 5,
  measures: {
    requests: { unit: 'req/s', better: 'more' },
    answer: { unit: 'ms', better: 'less' },
  },
  ...server(async () => {
    const system = await startClos();
    return {
      target: { origin: system.discovery.api.url, path, headers: key() },
      async end() {
        stage = undefined;
        await system.stop();
        removeHome(system.home);
      },
    };
  }),
  peers: [
    {
      name: 'us, by the gateway',
      install: 'npm ci',
      isThere: () => true,
      ...server(async () => ({
        target: { origin: onStage().system.discovery.gateway.url, path, headers: key() },
        end: () => undefined,
      })),
    },
    {
      name: 'fastify',
      install: 'npm ci',
      isThere: () => true,
      ...server(async () => {
        const { child, origin, folder } = await startFastify();
        return {
          target: { origin, path: '/services', headers: { authorization: 'Bearer peer' } },
          async end() {
            const gone = once(child, 'exit');
            child.disconnect();
            await gone;
            rmSync(folder, { recursive: true });
          },
        };
      }),
    },
    {
      name: 'the engine',
      install: 'apt-get install docker.io, and run as root',
      isThere: canStartPrivately,
      ...server(async () => {
        const engine = await startEngine();
        for (let number = 0; number < listed; number += 1) {
          await engineCall(engine.socketPath, `/containers/create?name=web-${number}`, {
            method: 'POST',
            body: { Image: webImage, ExposedPorts: { '80/tcp': {} } },
          });
        }
        return {
          target: { origin: 'http://engine', socketPath: engine.socketPath, path: '/containers/json?all=1' },
          end: () => engine.stop(),
        };
      }),
    },
  ],
};

export default row;
