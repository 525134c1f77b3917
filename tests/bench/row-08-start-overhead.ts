import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { startEngine } from '#tests/support/engine.ts';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { freePort } from '#tests/support/ports.ts';
import { onPath } from '#tests/support/prerequisites.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { webImage } from '#tests/support/web-image.ts';
import type { BenchRow, Sample } from './frame/bench-row.ts';
import { median, quantile } from './frame/statistics.ts';
import { createStartRecorder, type StartRecorder } from './support/start-recorder.ts';

/** Enough for a 95th percentile to be of the starts and not only of the worst one. */
const startsPerRound = 20;
/** What the stop left to do for the engine and for us is over by then; everybody gets the same. */
const restMs = 150;

const createdSchema = z.object({ Id: z.string() });
const inspectSchema = z.object({
  Config: z.object({ Cmd: z.array(z.string()).nullable(), Env: z.array(z.string()).nullable() }),
  HostConfig: z.looseObject({ PortBindings: z.record(z.string(), z.array(z.unknown())) }),
});
const operationSchema = z.object({ status: z.string(), steps: z.array(z.object({ name: z.string() })) });

/** What all contenders share, from our `prepare` on: we are always among them, and the first to be prepared. */
interface Stage {
  engineSocket: string;
  recorder: StartRecorder;
  system: TestSystem;
}
let stage: Stage | undefined;

function onStage(): Stage {
  if (stage === undefined) throw new Error('The engine of this row has not been started');
  return stage;
}

/** Twenty times from a stopped container to a running one; what `start` does is timed, and the stop is not. */
async function round(start: () => Promise<void>, stop: () => Promise<void>): Promise<Sample> {
  const { recorder } = onStage();
  const added: number[] = [];
  const engine: number[] = [];
  for (let count = 0; count < startsPerRound; count += 1) {
    recorder.clear();
    const began = performance.now();
    await start();
    const whole = performance.now() - began;
    const own = recorder.only();
    added.push(whole - own);
    engine.push(own);
    await stop();
    await delay(restMs);
  }
  return { added: median(added), 'added, p95': quantile(added, 0.95), engine: median(engine) };
}

const serviceName = 'web';

async function createService(system: TestSystem): Promise<void> {
  const response = await system.request('/api/v2/services', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: serviceName,
      runtime: { type: 'container', image: webImage, pull: 'never', init: true },
      endpoints: [{ name: 'http', containerPort: 80, hostPort: await freePort(), range: 'apis' }],
    }),
  });
  if (response.status !== 201) throw new Error(`The service was not made: ${await response.text()}`);
}

/** One request over a new connection, by the same plain means with which the engine alone is asked. */
async function command({ discovery, apiKey }: TestSystem, verb: 'start' | 'stop'): Promise<string> {
  const outgoing = request(`${discovery.gateway.url}/api/v2/services/${serviceName}/${verb}`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${apiKey}`, prefer: 'wait=60' },
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject).end();
  });
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${verb} was answered ${answer.statusCode}: ${body}`);
  return body;
}

/** A command that made the container anew would be another measurement. */
function assertStarted({ status, steps }: z.infer<typeof operationSchema>): void {
  const names = steps.map(({ name }) => name);
  if (status === 'succeeded' && names.join() === 'Check the ports,Start the container') return;
  throw new Error(`This was no plain start but ${status}: ${names}`);
}

/** A stopped container that is ours in everything but name, labels and port. */
async function createTwin(name: string): Promise<string> {
  const { engineSocket } = onStage();
  const [ours] = z
    .array(createdSchema)
    .length(1)
    .parse(
      JSON.parse(
        await engineCall(
          engineSocket,
          `/containers/json?all=1&filters=${encodeURIComponent('{"label":["dev.candlefish.clos.service"]}')}`,
        ),
      ),
    );
  const { Config, HostConfig } = inspectSchema.parse(
    JSON.parse(await engineCall(engineSocket, `/containers/${ours?.Id}/json`)),
  );
  const port = [{ HostIp: '127.0.0.1', HostPort: String(await freePort()) }];
  const answer = await engineCall(engineSocket, `/containers/create?name=${name}`, {
    method: 'POST',
    body: {
      Image: webImage,
      Cmd: Config.Cmd,
      Env: Config.Env,
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { ...HostConfig, PortBindings: { '80/tcp': port } },
    },
  });
  return createdSchema.parse(JSON.parse(answer)).Id;
}

async function stopTwin(name: string): Promise<void> {
  await engineCall(onStage().engineSocket, `/containers/${name}/stop?t=10`, { method: 'POST' });
}

async function startByCli(name: string): Promise<void> {
  const cli = spawn('docker', ['start', name], {
    env: { ...process.env, DOCKER_HOST: `unix://${onStage().recorder.socketPath}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(cli, 'exit');
  if (code !== 0) throw new Error(`docker start ended with ${code}`);
}

async function startByHttp(name: string): Promise<void> {
  const path = `/containers/${name}/start`;
  const { status, body } = await engineRequest(onStage().recorder.socketPath, path, { method: 'POST' });
  if (status !== 204) throw new Error(`The engine answered ${status}: ${body}`);
}

/**
 * What stands between asking for a start and having it, over and above the engine's own work.
 *
 * The engine's start takes hundreds of milliseconds and varies by more than we measure, so nothing is subtracted from another
 * run's time: everybody reaches one private engine through a relay that notes when the start request went by and when its
 * answer did. Added = the whole, as the caller sees it, less that time, for each start by itself.
 *
 * - us: `POST /api/v2/services/web/start` over TCP through the gateway, the longest way there is, to a headless system of real
 *   processes with the profile and the log level that users have. The container exists, so it is a start and not a create:
 *   the port is checked, and intent and outcome are on disk before the answer.
 * - docker: `docker start`, from before the process is spawned to its exit, because that is how it is used.
 * - the engine alone: one plain HTTP request to the relay. What it adds is the noise of the method: the client, and the relay.
 *
 * All three containers have the same image, init, network and limits, and one published port. Stops and a short rest after
 * each are outside the measured time.
 */
const row: BenchRow = {
  row: 8,
  title: "time that `start` adds to the engine's own start",
  goal: '≤ 10 ms p95 (the docker CLI adds about 57)',
  goals: [{ measure: 'added, p95', atMost: 10 }],
  rounds: 5,
  measures: {
    added: { unit: 'ms', better: 'less' },
    'added, p95': { unit: 'ms', better: 'less' },
    engine: { unit: 'ms', better: 'less' },
  },
  async prepare() {
    const home = newHome();
    const ends: Array<() => Promise<unknown> | unknown> = [() => removeHome(home)];
    const end = async (): Promise<void> => {
      stage = undefined;
      for (const each of ends.reverse()) await each();
    };
    try {
      const engine = await startEngine();
      ends.push(engine.stop);
      const recorder = await createStartRecorder(engine.socketPath);
      ends.push(recorder.close);
      const system = await startSystem({
        home,
        dockerHost: `unix://${recorder.socketPath}`,
        env: { CLOS_PROFILE: 'production', CLOS_LOG_LEVEL: 'info' },
      });
      ends.push(system.stop);
      stage = { engineSocket: engine.socketPath, recorder, system };
      await createService(system);
      await command(system, 'start');
      await command(system, 'stop');
      return end;
    } catch (error) {
      await end();
      throw error;
    }
  },
  async run() {
    const { system } = onStage();
    const answers: string[] = [];
    const sample = await round(
      async () => void answers.push(await command(system, 'start')),
      async () => void (await command(system, 'stop')),
    );
    for (const answer of answers) assertStarted(operationSchema.parse(JSON.parse(answer)));
    return sample;
  },
  peers: [
    {
      name: 'docker',
      install: 'apt-get install docker.io',
      isThere: () => onPath('docker') !== undefined,
      async prepare() {
        await createTwin('cli-twin');
        return () => undefined;
      },
      run: () =>
        round(
          () => startByCli('cli-twin'),
          () => stopTwin('cli-twin'),
        ),
    },
    {
      name: 'the engine alone',
      install: 'apt-get install docker.io',
      isThere: () => true,
      async prepare() {
        await createTwin('bare-twin');
        return () => undefined;
      },
      run: () =>
        round(
          () => startByHttp('bare-twin'),
          () => stopTwin('bare-twin'),
        ),
    },
  ],
};

export default row;
