import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { happen, type LiveServer, range, startLiveServer } from '#tests/support/live-server.ts';
import { createRandom } from '#tests/support/random.ts';

const kills = 50;
const eventsPerLife = 2000;
const eventsPerCommit = 50;

const program = fileURLToPath(new URL('../support/live-follower.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'clos-return-'));
const file = join(folder, 'seen');
let live: LiveServer;

beforeAll(async () => {
  writeFileSync(file, '');
  live = await startLiveServer();
});
afterAll(async () => {
  await live.stop();
  rmSync(folder, { recursive: true, force: true });
});

function seen(): number[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number);
}

async function produce(): Promise<number> {
  let last = 0;
  for (let count = 0; count < eventsPerLife; count += eventsPerCommit) {
    last = await happen(live.db, eventsPerCommit);
    live.hub.advance();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return last;
}

it(`a client that is killed and returns ${kills} times during ${kills * eventsPerLife} events has each exactly once, in order`, async () => {
  const random = createRandom(4408);
  const start = (): ChildProcess => spawn(process.execPath, [program, live.url, file], { stdio: 'inherit' });
  let client = start();
  let last = 0;
  for (let life = 0; life < kills; life++) {
    const before = last;
    const producing = produce();
    // Somewhere among what it had missed and what comes while it is there.
    const enough = before + Math.ceil(random() * eventsPerLife);
    await eventually(
      async () => seen().at(-1) ?? 0,
      (at) => at >= enough,
    );
    const gone = once(client, 'exit');
    client.kill('SIGKILL');
    await gone;
    last = await producing;
    client = start();
  }
  await eventually(
    async () => seen().at(-1) ?? 0,
    (at) => at >= last,
  );
  client.kill('SIGKILL');
  expect(seen()).toEqual(range(1, kills * eventsPerLife));
  expect(live.errors).toEqual([]);
}, 300_000);
