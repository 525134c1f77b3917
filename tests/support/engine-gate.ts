import { connect, createServer, type Server, type Socket } from 'node:net';

export interface EngineGate {
  dockerHost: string;
  /**
   * Resolves when the next request whose first line matches has come (`asked`), or when the engine has answered it (`answered`).
   * From then on that connection carries nothing, neither way, until it is let go.
   */
  holdNext(line: RegExp, point: 'asked' | 'answered'): Promise<void>;
  /** Lets everything that is held go on. */
  letGo(): void;
  close(): Promise<void>;
}

/** Stands between CLOS and an engine's socket, so that a test can say at which request the engine is killed. */
export async function openEngineGate(engineSocket: string, socketPath: string): Promise<EngineGate> {
  let armed: { line: RegExp; point: 'asked' | 'answered'; held: () => void } | null = null;
  const open = new Set<Socket>();
  const kept: Array<() => void> = [];
  const server: Server = createServer((client) => {
    const engine = connect(engineSocket);
    let holding: typeof armed = null;
    let held = false;
    for (const socket of [client, engine]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    const pass = (to: Socket, bytes: Buffer) => {
      if (!held) return to.write(bytes);
      kept.push(() => {
        held = false;
        holding = null;
        to.write(bytes);
      });
      return holding?.held();
    };
    client.on('data', (bytes) => {
      const line = bytes.toString('latin1').split('\r\n', 1)[0] ?? '';
      if (armed?.line.test(line)) {
        holding = armed;
        armed = null;
      }
      held ||= holding?.point === 'asked';
      pass(engine, bytes);
    });
    engine.on('data', (bytes) => {
      held ||= holding?.point === 'answered';
      pass(client, bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    dockerHost: `unix://${socketPath}`,
    holdNext: (line, point) =>
      new Promise((resolve) => {
        armed = { line, point, held: resolve };
      }),
    letGo() {
      for (const write of kept.splice(0)) write();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
