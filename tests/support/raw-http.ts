import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes to a port and returns everything that comes back until the other side closes, or falls silent for `quietMs`: for
 * requests that no HTTP library would write.
 */
export async function sendRaw(port: number, bytes: string, quietMs = 2000): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.setTimeout(quietMs, () => socket.destroy());
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

/** The status of the first answer in what came back; null for none. */
export function statusOf(answer: string): number | null {
  const match = /^HTTP\/1\.1 (\d{3})/.exec(answer);
  return match === null ? null : Number(match[1]);
}
