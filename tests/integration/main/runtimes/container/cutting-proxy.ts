import { connect, createServer, type Server, type Socket } from 'node:net';

/** When a connection that carries the request is cut: as soon as it is handed on, or when the engine has answered. */
export type CutPoint = 'when sent' | 'when answered';

export interface CuttingProxy {
  socketPath: string;
  /** Cuts the next connection whose request begins with this text, once. */
  cutNext(request: string, point: CutPoint): void;
  /** The first lines of all requests so far. */
  requests: string[];
  /** How many connections its clients have open. */
  connections(): number;
  close(): Promise<void>;
}

/** Stands between a client and an engine's socket, and breaks connections when told to. */
export async function startCuttingProxy(engineSocket: string, socketPath: string): Promise<CuttingProxy> {
  let armed: { request: string; point: CutPoint } | null = null;
  const requests: string[] = [];
  const open = new Set<Socket>();
  const clients = new Set<Socket>();
  const server: Server = createServer((client) => {
    const engine = connect(engineSocket);
    let cut: CutPoint | null = null;
    clients.add(client);
    client.on('close', () => clients.delete(client));
    for (const socket of [client, engine]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    client.on('data', (bytes) => {
      const line = /^(?:GET|POST|DELETE) \S+/.exec(bytes.toString('latin1'))?.[0];
      if (line !== undefined) requests.push(line);
      if (armed !== null && line?.startsWith(armed.request)) {
        cut = armed.point;
        armed = null;
      }
      engine.write(bytes);
      if (cut === 'when sent') client.destroy();
    });
    engine.on('data', (bytes) => {
      if (cut === null) client.write(bytes);
      else {
        client.destroy();
        engine.destroy();
      }
    });
    client.on('end', () => engine.end());
    engine.on('end', () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    requests,
    connections: () => clients.size,
    cutNext(request, point) {
      armed = { request, point };
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
