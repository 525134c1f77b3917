import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { createConnection } from 'node:net';
import { type Client, createClient } from '#shared/client/client.ts';
import { fetchTransport } from '#shared/client/fetch-transport.ts';
import type { LiveSocket } from '#shared/client/live-client.ts';
import type { Transport } from '#shared/client/transport.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { liveSubprotocol } from '#shared/contract/live.ts';
import { type Discovery, module } from '#shared/contract/system.ts';
import { readApiKey, readDiscovery } from '#shared/node/discovery.ts';
import type { Home } from '#shared/node/home.ts';
import { socketTransport } from '#shared/node/socket-transport.ts';

/** The way to a running CLOS. */
export interface Connection {
  client: Client;
  transport: Transport;
  /** Opens a live connection: over the home's own Unix socket, or over a port that has proved to be this CLOS. */
  openLive(): Promise<LiveSocket>;
  close(): void;
}

/** Longer than any wait that a command asks for, shorter than a person's patience with silence. */
const answerTimeoutMs = 60_000;
const proofTimeoutMs = 2_000;

/** What the person reads when nothing answers at all. */
function notRunning(cause?: unknown): ClosError {
  return new ClosError('CLOS_UNREACHABLE', 'CLOS is not running.', cause === undefined ? {} : { cause });
}

/**
 * Finds the running CLOS of a home.
 *
 * The Unix socket comes first, because no stranger can stand in for it. The TCP port is asked only when nobody answers there,
 * and the key is sent only after the port has signed a nonce with the home's identity. Rejects with `CLOS_UNREACHABLE`, or
 * `NOT_ALLOWED` when this user may not read the home.
 */
export async function connect(home: Home): Promise<Connection> {
  const apiKey = await readOwn(() => readApiKey(home));
  const socketPath = home.socketOf('api');
  if (await accepts(socketPath)) {
    if (apiKey === null) throw new ClosError('NOT_SIGNED_IN', `There is no key in ${home.credentialsFile}.`);
    const transport = socketTransport({ socketPath, token: () => apiKey, timeoutMs: answerTimeoutMs });
    const openLive = async () => {
      const { WebSocket } = await liveLibrary();
      return new WebSocket('ws://localhost/ws', liveSubprotocol, {
        createConnection: () => createConnection(home.socketOf('websocket')),
        headers: { authorization: `Bearer ${apiKey}`, 'user-agent': agent },
      });
    };
    return { client: createClient(transport), transport, openLive, close: () => transport.close() };
  }
  const discovery = await readOwn(() => readDiscovery(home));
  if (apiKey === null || discovery === null) throw notRunning();
  await proveIdentity(discovery.api.url, discovery.identity);
  const transport = fetchTransport({ baseUrl: discovery.api.url, token: () => apiKey });
  const client = createClient(transport);
  return { client, transport, openLive: () => openLiveByPort(home, client), close: () => undefined };
}

/** Most commands do without it. */
const liveLibrary = () => import('ws');
const agent = 'clos';

/** The port may be another one after each start of CLOS, and has to prove anew whose it is before it gets a ticket. */
async function openLiveByPort(home: Home, client: Client): Promise<LiveSocket> {
  const discovery = await readOwn(() => readDiscovery(home));
  if (discovery === null) throw notRunning();
  const { url } = discovery.websocket;
  await proveIdentity(url, discovery.identity);
  const [{ WebSocket }, { ticket }] = await Promise.all([liveLibrary(), client.auth.createTicket()]);
  return new WebSocket(`${url.replace(/^http/, 'ws')}/ws?ticket=${ticket}`, liveSubprotocol, {
    headers: { 'user-agent': agent },
  });
}

async function readOwn<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new ClosError('NOT_ALLOWED', 'The home of CLOS cannot be read by this user.', { cause });
  }
}

/** True if somebody accepts connections at a Unix socket or a named pipe. */
function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.setTimeout(1000);
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/**
 * Has a TCP address prove that it is the CLOS of this home, before any key is sent to it.
 *
 * The proof is an Ed25519 signature over `clos:<nonce>:<address>:<port>`, so an impostor cannot pass on one that was made for
 * another port. Rejects with `CLOS_UNREACHABLE`.
 */
export async function proveIdentity(baseUrl: string, identity: Discovery['identity']): Promise<void> {
  const url = new URL(baseUrl);
  const nonce = randomBytes(24).toString('base64url');
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');

  let body: unknown;
  try {
    const response = await fetch(new URL(`${module.livez.path}?nonce=${nonce}`, url), {
      redirect: 'error',
      signal: AbortSignal.timeout(proofTimeoutMs),
    });
    body = await response.json();
  } catch (cause) {
    throw notRunning(cause);
  }
  const parsed = module.livez.output?.safeParse(body);
  const proof = parsed?.success === true ? parsed.data.proof : null;
  if (proof === null || !isSigned({ text: `clos:${nonce}:${address}:${port}`, proof, identity })) {
    throw new ClosError(
      'CLOS_UNREACHABLE',
      `What answers at ${url.origin} is not this CLOS. Your key was not sent to it.`,
    );
  }
}

function isSigned({ text, proof, identity }: { text: string; proof: string; identity: string }): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(identity, 'base64url'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(text), key, Buffer.from(proof, 'base64url'));
  } catch {
    return false;
  }
}
