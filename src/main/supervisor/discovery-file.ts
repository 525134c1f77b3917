import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Discovery } from '#shared/contract/system.ts';
import type { Home } from '#shared/node/home.ts';

/** Says where CLOS can be reached. Written whole or not at all. */
export function writeDiscovery(home: Home, discovery: Discovery): void {
  mkdirSync(home.runDir, { recursive: true, mode: 0o700 });
  const temporary = `${home.discoveryFile}.${discovery.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(discovery, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, home.discoveryFile);
}

export function removeDiscovery(home: Home): void {
  rmSync(home.discoveryFile, { force: true });
}
