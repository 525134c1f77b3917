import { createConnection } from 'node:net';
import type { MessagePortMain } from 'electron';
import WebSocket from 'ws';
import { serveIpcPort } from '#shared/client/ipc-serve.ts';
import type { LiveSocket } from '#shared/client/live-client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { liveSubprotocol } from '#shared/contract/live.ts';
import { readApiKey, readDiscovery } from '#shared/node/discovery.ts';
import type { Home } from '#shared/node/home.ts';
import { socketTransport } from '#shared/node/socket-transport.ts';
import { AlreadyRunning, createSupervisor, type SupervisorOptions } from '../supervisor/supervisor.ts';

/** The system behind the window: our own modules, or those of a CLOS that already runs for this home. */
export interface Backend {
  kind: 'own' | 'attached';
  /** Gives one end of a message channel to whoever answers its requests. */
  attach(port: MessagePortMain): void;
  /** Tells when the api has come up again (true) or has gone (false), and with it every channel that it had. */
  onApi(listener: (up: boolean) => void): void;
  /** Ends what this backend began: all modules in reverse order, or only the connections to a CLOS that goes on. */
  stop(): Promise<void>;
}

function attachedBackend(home: Home, apiKey: string): Backend {
  const transport = socketTransport({ socketPath: home.socketOf('api'), token: () => apiKey });
  return {
    kind: 'attached',
    attach: (port) =>
      serveIpcPort(port, async ({ method, path, headers, body }, signal) => {
        const request = { method, path, headers: withoutGaps(headers), signal };
        const answer = await transport.request(body === undefined ? request : { ...request, body });
        return { status: answer.status, headers: answer.headers, body: answer.body };
      }),
    onApi: () => undefined,
    async stop() {
      transport.close();
    },
  };
}

function withoutGaps(headers: Partial<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * Starts the modules of this home, or attaches to the CLOS that already runs for it.
 *
 * Rejects with the reason when a module cannot be started.
 */
export async function startBackend(options: SupervisorOptions): Promise<Backend> {
  const supervisor = createSupervisor(options);
  try {
    await supervisor.start();
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    const apiKey = await readApiKey(options.home);
    if (apiKey === null)
      throw new Error(`${error.message} It has no key to attach with: is it still starting?`, { cause: error });
    return attachedBackend(options.home, apiKey);
  }
  return {
    kind: 'own',
    attach: (port) => supervisor.attachPort(port),
    onApi(listener) {
      let up = true;
      supervisor.onState(({ name, state }) => {
        if (name !== 'api' || (state === 'ready') === up) return;
        up = state === 'ready';
        listener(up);
      });
    },
    stop: () => supervisor.stop(),
  };
}

/** Where a window opens its live connection. Rejects with CLOS_UNREACHABLE when nobody says. */
export async function websocketAddress(home: Home): Promise<string> {
  const discovery = await readDiscovery(home);
  if (discovery === null) throw new ClosError('CLOS_UNREACHABLE', 'CLOS does not say where it listens.');
  return discovery.websocket.url.replace(/^http/, 'ws');
}

/** The desktop's own live connection: over the module's socket, signed with the owner's key, which never travels by port. */
export async function openLiveSocket(home: Home): Promise<LiveSocket> {
  const apiKey = await readApiKey(home);
  if (apiKey === null) throw new ClosError('CLOS_UNREACHABLE', 'This home has no key yet.');
  return new WebSocket('ws://localhost/ws', liveSubprotocol, {
    headers: { authorization: `Bearer ${apiKey}`, 'user-agent': 'clos-desktop' },
    createConnection: () => createConnection(home.socketOf('websocket')),
    handshakeTimeout: 10_000,
  });
}
