import { type Client, createClient } from '#shared/client/client.ts';
import type { Transport } from '#shared/client/transport.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Home } from '#shared/node/home.ts';
import { socketTransport } from '#shared/node/socket-transport.ts';

/** A killed module is back within a second or two; that long a call to it waits. */
const patienceMs = 5000;
const pauseMs = 50;

/**
 * A sibling that is being restarted is waited for. Operations between modules may be repeated: they are reads, or count once by
 * an id of their own.
 */
function patient(transport: Transport, name: ModuleName): Transport {
  return {
    async request(request, options) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        try {
          return await transport.request(request, options);
        } catch (error) {
          if (!isClosError(error, 'CLOS_UNREACHABLE')) throw error;
          const again = request.path.startsWith('/internal/') && performance.now() < deadline;
          if (!again || request.signal?.aborted) {
            throw new ClosError(
              'MODULE_UNAVAILABLE',
              `The ${name} does not answer. It is restarted by itself; try again.`,
              {
                cause: error,
              },
            );
          }
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
    },
  };
}

/** Typed clients on the siblings' sockets, made when first asked for. */
export function createSiblings({ home, key }: { home: Home; key: string }): {
  to(name: ModuleName): Client;
  close(): void;
} {
  const clients = new Map<ModuleName, Client>();
  const open: Array<() => void> = [];
  return {
    to(name) {
      let client = clients.get(name);
      if (client === undefined) {
        const transport = socketTransport({ socketPath: home.socketOf(name), token: () => key });
        open.push(transport.close);
        client = createClient(patient(transport, name));
        clients.set(name, client);
      }
      return client;
    },
    close() {
      for (const close of open) close();
    },
  };
}
