import type { BenchRow, Contender, Sample } from './frame/bench-row.ts';
import { median, quantile } from './frame/statistics.ts';
import { type Forked, forkServer, sharedNow } from './support/forked.ts';
import { connectRawClients, type Greeting, type RawClients } from './support/raw-clients.ts';

const clients = 1000;
const eventsPerRound = 100;
/** What one start of a service leaves in the log, about. */
const eventsTogether = 10;
const groupsPerRound = 10;

function contender(way: 'us' | 'socket.io' | 'ws', greeting: Greeting): Contender {
  let server: Forked | undefined;
  let crowd: RawClients | undefined;

  /** So many times some events: the time to the last delivery of each. */
  async function tell(times: number, together: number): Promise<number[]> {
    if (server === undefined || crowd === undefined) throw new Error('The server of this row has not been started');
    const found: number[] = [];
    for (let i = 0; i < times; i++) {
      const last = crowd.nextMessages(together);
      const began = await server.ask(together);
      found.push((await last) - began);
    }
    return found;
  }

  return {
    async prepare() {
      server = await forkServer('./fan-out.entry.ts', [way]);
      crowd = await connectRawClients({ port: server.port, count: clients, now: sharedNow }, greeting);
      return async () => {
        crowd?.close();
        await server?.end();
      };
    },
    async run(): Promise<Sample> {
      const single = await tell(eventsPerRound, 1);
      return {
        'last delivery': median(single),
        'last delivery, p99': quantile(single, 0.99),
        'ten at once': median(await tell(groupsPerRound, eventsTogether)),
      };
    },
  };
}

/**
 * How long after an event has happened the last of a thousand clients has it.
 *
 * Each server is a process of its own, the thousand clients are another one, over TCP. All events are the same 300 bytes of JSON,
 * one after the other has arrived everywhere. The clients count messages and do nothing else, so that what differs is the server.
 *
 * `ten at once` is the same for ten events of one transaction, which is what a start of a service leaves behind.
 *
 * - us: the event is in the log; the time begins when the doorbell rings, so it is read from the database, framed and written.
 * - socket.io: `io.emit`, with WebSocket as the only transport and no compression.
 * - ws: the event is made into text once, then `send` for each client.
 */
const row: BenchRow = {
  row: 3,
  title: 'one event to 1,000 WebSocket clients, last delivery',
  goal: '≥ 3 × faster than both; p99 ≤ 25 ms',
  goals: [
    { measure: 'last delivery', peer: 'socket.io', atLeast: 3 },
    { measure: 'last delivery', peer: 'ws.send for each', atLeast: 3 },
    { measure: 'last delivery, p99', atMost: 25 },
  ],
  measures: {
    'last delivery': { unit: 'ms', better: 'less' },
    'last delivery, p99': { unit: 'ms', better: 'less' },
    'ten at once': { unit: 'ms', better: 'less' },
  },
  ...contender('us', {
    path: '/ws',
    headers: { 'sec-websocket-protocol': 'clos.v2' },
    steps: [
      { after: '\r\n\r\n', say: '{"type":"subscribe","id":1,"topics":["service"],"since":0}' },
      { after: '"subscribed"', say: null },
    ],
  }),
  peers: [
    {
      name: 'socket.io',
      install: 'npm ci',
      isThere: () => true,
      ...contender('socket.io', {
        path: '/socket.io/?EIO=4&transport=websocket',
        steps: [
          { after: '"sid"', say: '40' },
          { after: '40{', say: null },
        ],
      }),
    },
    {
      name: 'ws.send for each',
      install: 'npm ci',
      isThere: () => true,
      ...contender('ws', { path: '/', steps: [{ after: '\r\n\r\n', say: null }] }),
    },
  ],
};

export default row;
