/**
 * A client in a process of its own, so that only CLOS can make it wait: `node live-witness.ts <url> <key>`. Says `ready: true`; then
 * answers each message with `delays`, the milliseconds from each event to its arrival, of those that came since the answer before.
 */
import { once } from 'node:events';
import { connectLive } from './live-client.ts';
import { subscribe } from './live-server.ts';

const [url = '', key = ''] = process.argv.slice(2);
let delays: number[] = [];

const { ws, send } = await connectLive(url, { authorization: `Bearer ${key}` });
send(subscribe(1, ['service']));
await once(ws, 'message');
ws.on('message', (data) => {
  const message = JSON.parse(String(data));
  if (message.type === 'event') delays.push(Date.now() - Date.parse(message.event.time));
});
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  process.send?.({ delays });
  delays = [];
});
process.send?.({ ready: true });
