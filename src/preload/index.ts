import { contextBridge, ipcRenderer } from 'electron';
import type { IpcChannels } from '../main/desktop/ipc-channels.ts';
import type { ClosBridge } from '../shared/client/bridge.ts';
import type { IpcRequest, IpcResponse } from '../shared/client/ipc-protocol.ts';
import type { TransportRequest, TransportResponse } from '../shared/client/transport.ts';

/**
 * The bridge between the sandboxed page and CLOS: four members, plain data only.
 *
 * Requests travel on a message channel whose other end the api module holds; the page never sees the port, so it can do
 * nothing but what the bridge offers. The names below are those of `ipc-channels.ts`, which the compiler compares.
 */
const channels: IpcChannels = {
  connect: 'clos:connect',
  channel: 'clos:channel',
  gone: 'clos:gone',
  show: 'clos:show',
  websocket: 'clos:websocket',
  open: 'clos:open',
};

/** How long a request waits for a channel while the api is being restarted, and for its answer. */
const channelWaitMs = 10_000;
const answerWaitMs = 120_000;

interface Pending {
  resolve(response: TransportResponse): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

let port: MessagePort | null = null;
let lastId = 0;
/** Sent, not answered. */
const sent = new Map<number, Pending>();
/** Not sent yet, because there is no channel. */
const queued = new Map<number, IpcRequest>();

function fail(id: number, why: string): void {
  const pending = sent.get(id);
  if (pending === undefined) return;
  clearTimeout(pending.timer);
  sent.delete(id);
  queued.delete(id);
  pending.reject(new Error(why));
}

/** What was on its way is lost, whether or not it arrived; what still waits goes out on the next channel. */
function dropChannel(): void {
  port?.close();
  port = null;
  for (const id of [...sent.keys()]) if (!queued.has(id)) fail(id, 'The connection to CLOS broke off.');
}

function transmit(message: IpcRequest): void {
  if (port === null) {
    queued.set(message.id, message);
    return;
  }
  const pending = sent.get(message.id);
  if (pending === undefined) return;
  clearTimeout(pending.timer);
  pending.timer = setTimeout(() => fail(message.id, 'CLOS did not answer in time.'), answerWaitMs);
  port.postMessage(message);
}

function request({ method, path, headers, body }: TransportRequest): Promise<TransportResponse> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(id, 'CLOS does not answer.'), channelWaitMs);
    sent.set(id, { resolve, reject, timer });
    // What does not fit the schema is refused by the api, which parses every request.
    const message = { id, method, path, headers, ...(body === undefined ? {} : { body }) };
    transmit(message as IpcRequest);
  });
}

ipcRenderer.on(channels.channel, (event) => {
  const [next] = event.ports;
  if (next === undefined) return;
  dropChannel();
  port = next;
  next.onmessage = ({ data }: MessageEvent<IpcResponse>) => {
    const pending = sent.get(data.id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    sent.delete(data.id);
    pending.resolve({ status: data.status, headers: data.headers, body: data.body });
  };
  const waiting = [...queued.values()];
  queued.clear();
  for (const message of waiting) transmit(message);
});

ipcRenderer.on(channels.gone, dropChannel);

ipcRenderer.on(channels.show, (_event, path: unknown) => {
  if (typeof path !== 'string' || !path.startsWith('/')) return;
  // The page keeps its place behind the #, because it is loaded from one address.
  location.hash = path;
});

async function websocketUrl(): Promise<string> {
  const address: unknown = await ipcRenderer.invoke(channels.websocket);
  const answer = await request({ method: 'POST', path: '/api/v2/ws-tickets', headers: { accept: 'application/json' } });
  if (answer.status !== 201) throw new Error(`CLOS gave no ticket (status ${answer.status}).`);
  const { ticket } = JSON.parse(answer.body);
  return `${address}/ws?ticket=${encodeURIComponent(ticket)}`;
}

const versionFlag = '--clos-version=';

contextBridge.exposeInMainWorld('clos', {
  request,
  version: process.argv.find((argument) => argument.startsWith(versionFlag))?.slice(versionFlag.length) ?? '',
  openExternal: (url) => ipcRenderer.send(channels.open, String(url)),
  websocketUrl,
} satisfies ClosBridge);

ipcRenderer.send(channels.connect);
