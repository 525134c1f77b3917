import { stat } from 'node:fs/promises';
import type { Discovery } from '#shared/contract/system.ts';
import { readDiscovery } from '#shared/node/discovery.ts';
import type { Home } from '#shared/node/home.ts';
import { portNames } from '../../supervisor/module.ts';
import type { OwnPort } from './world.ts';

export interface OwnPortsReader {
  /** The TCP ports of this CLOS; none before all modules are ready. */
  read(): Promise<readonly OwnPort[]>;
}

/** Reads CLOS's own ports from the discovery file, again only when that file has been replaced. */
export function createOwnPortsReader(home: Home): OwnPortsReader {
  let known: { key: string | null; ports: readonly OwnPort[] } = { key: null, ports: [] };
  return {
    async read() {
      // The key is older than what is read by it, so a file that is replaced in between is read again next time.
      const key = await identify(home.discoveryFile);
      if (key === known.key) return known.ports;
      const discovery = key === null ? null : await readDiscovery(home);
      known = { key, ports: discovery === null ? [] : portsOf(discovery) };
      return known.ports;
    },
  };
}

async function identify(path: string): Promise<string | null> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function portsOf(discovery: Discovery): OwnPort[] {
  return portNames.flatMap((name) => {
    const port = Number(URL.parse(discovery[name].url)?.port);
    return port > 0 ? [{ name, port }] : [];
  });
}
