import { generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { configSchema } from '#main/config/config.ts';
import { makeServiceKeys } from '#main/supervisor/identity.ts';
import { type Bus, type ModuleContext, portNames } from '#main/supervisor/module.ts';
import { planPorts } from '#main/supervisor/port-plan.ts';
import { createSiblings } from '#main/supervisor/siblings.ts';
import { recordOf } from '#shared/base/record-of.ts';
import { type Client, createClient } from '#shared/client/client.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import type { Home } from '#shared/node/home.ts';
import { socketTransport } from '#shared/node/socket-transport.ts';

/** A module's world without a supervisor: any port, silent, and only those siblings that the test starts itself. */
export interface TestContext {
  context: ModuleContext;
  /** The typed client on this module's socket, signed with a sibling's key, or with another token. */
  clientAs(caller: ModuleName, token?: string): Client;
  /** Closes the clients. The home is its maker's. */
  close(): void;
}

export function moduleContext(name: ModuleName, home: Home): TestContext {
  const config = configSchema.parse({ profile: 'test', logLevel: 'silent', ports: recordOf(portNames, () => 0) });
  const serviceKeys = makeServiceKeys();
  const siblings = createSiblings({ home, key: serviceKeys[name] });
  const open = [siblings.close];
  return {
    context: {
      name,
      process: 'in-process',
      version: '0.0.0-test',
      home,
      packageRoot: process.cwd(),
      config,
      log: pino({ level: 'silent' }),
      bus: memoryBus(),
      serviceKeys,
      identityKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ports: planPorts(config),
      sibling: siblings.to,
    },
    clientAs(caller, token = serviceKeys[caller]) {
      const transport = socketTransport({ socketPath: home.socketOf(name), token: () => token });
      open.push(transport.close);
      return createClient(transport);
    },
    close() {
      for (const close of open) close();
    },
  };
}

/** Doorbells within one process. They ring for everybody, the ringer included. */
function memoryBus(): Bus {
  const listeners = new Set<(seq: number) => void>();
  return {
    ring: (seq) => {
      for (const listener of listeners) listener(seq);
    },
    onRing: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
