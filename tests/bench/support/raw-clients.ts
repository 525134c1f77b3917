import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What a client says after the handshake, and how it knows that it has been heard. */
export interface Greeting {
  path: string;
  headers?: Record<string, string>;
  /** Text messages, said in turn, each after an answer that holds the text. */
  steps: ReadonlyArray<{ after: string | null; say: string | null }>;
}

export interface RawClients {
  /** Resolves with the time of the last delivery, when each client has got so many more messages. */
  nextMessages(times: number): Promise<number>;
  close(): void;
}

/**
 * WebSocket clients that do as little as can be done: they count whole messages and copy nothing, so that what is measured is
 * the server. All read into one buffer.
 */
export async function connectRawClients(
  { port, count, now }: { port: number; count: number; now: () => number },
  greeting: Greeting,
): Promise<RawClients> {
  const buffer = Buffer.alloc(64 * 1024);
  let missing = 0;
  let done: (at: number) => void = () => undefined;
  const onMessage = () => {
    missing--;
    if (missing === 0) done(now());
  };
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) sockets.push(await connectOne({ port, buffer, onMessage }, greeting));
  return {
    nextMessages: (times) =>
      new Promise((resolve) => {
        missing = count * times;
        done = resolve;
      }),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function connectOne(
  { port, buffer, onMessage }: { port: number; buffer: Buffer; onMessage: () => void },
  { path, headers = {}, steps }: Greeting,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let heard = '';
    let step = 0;
    /** Bytes of a message that are still to come; null while the greeting goes on. */
    let left: number | null = null;
    const goOn = () => {
      for (let next = steps[step]; next !== undefined; next = steps[step]) {
        if (next.after !== null && !heard.includes(next.after)) return;
        step++;
        if (next.say !== null) socket.write(clientFrame(next.say));
      }
      left = 0;
      resolve(socket);
    };
    const onData = (size: number) => {
      if (left === null) {
        heard += buffer.toString('latin1', 0, size);
        goOn();
        return;
      }
      let at = 0;
      while (at < size) {
        if (left === 0) {
          const length = frameLength(buffer, at);
          left = length;
        }
        const taken = Math.min(left, size - at);
        left -= taken;
        at += taken;
        if (left === 0) onMessage();
      }
    };
    const socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (size) => {
          onData(size);
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('connect', () => socket.write(handshake(port, path, headers)));
  });
}

function handshake(port: number, path: string, headers: Record<string, string>): string {
  const all = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A short text as a client sends it: final, masked with zeros, which changes nothing (RFC 6455, 5.3). */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new Error('A greeting is short');
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length, 0, 0, 0, 0), payload]);
}

/** The length of a frame with its head. A head never comes in two pieces here: each event is one write of the server. */
function frameLength(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return 2 + short;
  return short === 126 ? 4 + bytes.readUInt16BE(at + 2) : 10 + Number(bytes.readBigUInt64BE(at + 2));
}
