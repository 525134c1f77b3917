import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeCodes } from '#shared/contract/live.ts';
import { happen, type LiveServer, startLiveServer } from '#tests/support/live-server.ts';

const clients = 1000;
const silent = 10;
const padding = 'x'.repeat(40_000);
/** Of what waits for a thousand clients, all but these bytes are shared. One copy for each would be four gigabytes. */
const mostBytes = 256 * 1024 * 1024;

const program = fileURLToPath(new URL('../support/live-crowd.ts', import.meta.url));
let live: LiveServer;

beforeAll(async () => {
  live = await startLiveServer({ onSocket: true });
});
afterAll(() => live.stop());

/** What the clients have said so far; `until` resolves when that is as wished. */
interface Said {
  ready?: true;
  at?: number;
  codes?: number[];
}

function listen(crowd: ChildProcess): (isRight: (said: Said) => boolean) => Promise<void> {
  const said: Said = {};
  let look = () => {};
  let fail: (error: Error) => void = () => undefined;
  crowd.on('message', (message) => {
    Object.assign(said, message);
    look();
  });
  crowd.on('exit', (code) => fail(new Error(`The clients ended with ${code}`)));
  return (isRight) =>
    new Promise((resolve, reject) => {
      fail = reject;
      look = () => {
        if (isRight(said)) resolve();
      };
      look();
    });
}

it(`of ${clients} clients ${silent} never read: the others have everything in order, the ten are dropped and resume`, async () => {
  const crowd = fork(program, [live.url, String(clients - silent), String(silent)]);
  const until = listen(crowd);
  await until(({ ready }) => ready === true);
  let mostBytesHeld = 0;
  const happenOnce = async () => {
    const seq = await happen(live.db, 1, { padding });
    live.hub.advance();
    mostBytesHeld = Math.max(mostBytesHeld, process.memoryUsage().arrayBuffers);
    return seq;
  };
  while (live.hub.size === clients) {
    const seq = await happenOnce();
    await until(({ at }) => at === seq);
  }
  await until(() => live.hub.size === clients - silent);

  let closed: number[] | undefined;
  crowd.send('go on');
  await until(({ codes }) => {
    closed = codes;
    return codes !== undefined;
  });
  const seq = await happenOnce();
  await until(({ at }) => at === seq);
  crowd.disconnect();

  expect(closed).toEqual(Array.from({ length: silent }, () => closeCodes.tooSlow));
  expect(live.hub.size).toBe(clients);
  expect(mostBytesHeld).toBeLessThan(mostBytes);
  expect(live.errors).toEqual([]);
}, 300_000);
