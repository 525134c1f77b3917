/**
 * Many clients in a process of their own: `node live-crowd.ts <url> <readers> <others>`. The others do not read until they are told
 * to. Every client looks whether each number follows the one before.
 *
 * Says `ready: true`; then `at`, each number that all who read have come to; and after it was told to go on `codes`, with which the
 * others were closed. They return by then, and read.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const [url = '', readers = '0', others = '0'] = process.argv.slice(2);
const beforeSeq = '{"type":"event","seq":'.length;

interface Member {
  ws: WebSocket;
  at: number;
}

/** How many have come to a number. */
const arrived = new Map<number, number>();
let reading = Number(readers);

function arrive(seq: number): void {
  const count = (arrived.get(seq) ?? 0) + 1;
  arrived.set(seq, count);
  if (count === reading) process.send?.({ at: seq });
}

async function connect(at: number): Promise<Member> {
  const ws = new WebSocket(url, 'clos.v2');
  const member = { ws, at };
  ws.on('error', () => undefined);
  await once(ws, 'open');
  const subscribed = once(ws, 'message');
  ws.send(`{"type":"subscribe","id":1,"topics":["service"],"since":${at}}`);
  await subscribed;
  ws.on('message', (data: Buffer) => {
    const seq = Number.parseInt(data.toString('latin1', beforeSeq, beforeSeq + 12), 10);
    if (seq !== member.at + 1) throw new Error(`${seq} came after ${member.at}`);
    member.at = seq;
    arrive(seq);
  });
  return member;
}

const all: Member[] = [];
for (let i = 0; i < Number(readers) + Number(others); i++) all.push(await connect(0));
const silent = all.slice(Number(readers));
for (const { ws } of silent) ws.pause();

process.on('disconnect', () => process.exit(0));
process.on('message', async () => {
  const codes = await Promise.all(
    silent.map(async ({ ws }) => {
      const closed = once(ws, 'close');
      ws.resume();
      return Number((await closed)[0]);
    }),
  );
  reading += silent.length;
  for (const { at } of silent) await connect(at);
  process.send?.({ codes });
});
process.send?.({ ready: true });
