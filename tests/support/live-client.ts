import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ServerMessage, serverMessageSchema } from '#shared/contract/live.ts';

/** A client of the live protocol that keeps what it was sent, each message parsed by the contract. */
export interface LiveClient {
  ws: WebSocket;
  messages: ServerMessage[];
  send(message: unknown): void;
  /** Resolves with all messages once one of them, or their number, is as wished. */
  until(done: (messages: readonly ServerMessage[]) => boolean): Promise<ServerMessage[]>;
  /** Sequence numbers of the events so far. */
  seqs: readonly number[];
  closed: Promise<{ code: number; reason: string }>;
  close(): Promise<void>;
}

export function watch(ws: WebSocket): LiveClient {
  const messages: ServerMessage[] = [];
  const seqs: number[] = [];
  const waiting = new Set<() => void>();
  ws.on('error', () => undefined);
  ws.on('message', (data) => {
    const message = serverMessageSchema.parse(JSON.parse(String(data)));
    messages.push(message);
    if (message.type === 'event') seqs.push(message.seq);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    ws.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  return {
    ws,
    messages,
    closed,
    send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    seqs,
    until: (done) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!done(messages)) return;
          waiting.delete(look);
          resolve([...messages]);
        };
        waiting.add(look);
        void closed.then(({ code }) => reject(new Error(`closed with ${code} before it came`)));
        look();
      }),
    async close() {
      ws.close();
      await closed;
    },
  };
}

/** Connects and waits for the handshake. */
export async function connectLive(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
  const ws = new WebSocket(url, ['clos.v2'], { headers });
  const client = watch(ws);
  await once(ws, 'open');
  return client;
}
