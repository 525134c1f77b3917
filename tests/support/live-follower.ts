/**
 * A client that keeps its place in a file: `node live-follower.ts <url> <file>` writes the number of each event that it is handed on
 * a line of its own, and begins after the last one there.
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { WebSocket } from 'ws';
import { LiveClient } from '#shared/client/live-client.ts';
import { liveSubprotocol } from '#shared/contract/live.ts';

const [url = '', path = ''] = process.argv.slice(2);
const file = openSync(path, 'a');
const since = Number(readFileSync(path, 'utf8').trimEnd().split('\n').at(-1));

new LiveClient({
  connect: async () => new WebSocket(url, liveSubprotocol),
  topics: ['service'],
  since,
  onEvent: ({ seq }) => void writeSync(file, `${seq}\n`),
  onSnapshot: ({ reason }) => void writeSync(file, `${reason}\n`),
}).start();
