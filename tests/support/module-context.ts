import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { configSchema } from '#main/config/config.ts';
import { loadIdentity, makeServiceKeys } from '#main/supervisor/identity.ts';
import { type ModuleContext, portNames } from '#main/supervisor/module.ts';
import { createSiblings } from '#main/supervisor/siblings.ts';
import { recordOf } from '#shared/base/record-of.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import { findHome } from '#shared/node/home.ts';

export interface ModuleWorld {
  home: ModuleContext['home'];
  serviceKeys: ModuleContext['serviceKeys'];
  /** The surroundings of one module in this process. All ports are free ones; the modules share one bus. */
  contextOf(name: ModuleName, overrides?: Partial<ModuleContext>): ModuleContext;
  /** Closes the siblings' connections and removes the home. */
  dispose(): void;
}

/** A home of its own in a temporary folder, and what modules need to start in it. */
export function createModuleWorld(): ModuleWorld {
  const root = mkdtempSync(join(tmpdir(), 'clos-home-'));
  const home = findHome({ CLOS_HOME: root });
  const serviceKeys = makeServiceKeys();
  const { privateKeyPem } = loadIdentity(home);
  const config = configSchema.parse({ profile: 'test', logLevel: 'silent' });
  const listeners = new Map<ModuleName, Set<(seq: number) => void>>();
  const closers: Array<() => void> = [];
  return {
    home,
    serviceKeys,
    contextOf(name, overrides = {}) {
      const own = new Set<(seq: number) => void>();
      listeners.set(name, own);
      const siblings = createSiblings({ home, key: serviceKeys[name] });
      closers.push(siblings.close);
      return {
        name,
        process: 'in-process',
        version: '0.0.0',
        packageRoot: process.cwd(),
        home,
        config,
        log: pino({ level: 'silent' }),
        bus: {
          ring(seq) {
            for (const [other, set] of listeners)
              if (other !== name) for (const listen of set) setImmediate(listen, seq);
          },
          onRing(listener) {
            own.add(listener);
            return () => void own.delete(listener);
          },
        },
        serviceKeys,
        identityKey: privateKeyPem,
        ports: recordOf(portNames, () => ({ preferred: 0, candidates: [0] })),
        sibling: siblings.to,
        ...overrides,
      };
    },
    dispose() {
      for (const close of closers) close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
