import { accessSync, constants, existsSync } from 'node:fs';
import { platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { canStartPrivately, socketCandidates } from './engine.ts';

/** A kind of tests that `npm test` runs as one. */
export type Part = 'unit' | 'integration' | 'e2e' | 'faults';

/** Something that tests need and that npm does not bring. */
export interface Prerequisite {
  name: string;
  /** Debian's and Ubuntu's packages. */
  apt: string[];
  /** What to do on a Mac, where there is such a thing. */
  brew?: string;
  neededBy: Part[];
  isThere(): boolean;
}

export const prerequisites: readonly Prerequisite[] = [
  {
    name: 'a container engine',
    apt: ['docker.io', 'iproute2', 'iptables'],
    brew: 'brew install --cask docker',
    neededBy: ['integration', 'e2e', 'faults'],
    isThere: () =>
      canStartPrivately() ? ['dockerd', 'ip', 'iptables'].every((name) => onPath(name)) : socketCandidates().length > 0,
  },
  {
    name: 'a static busybox (for the test image)',
    apt: ['busybox-static'],
    neededBy: ['integration', 'e2e', 'faults'],
    isThere: () => existsSync('/bin/busybox'),
  },
  {
    name: 'lsof and ps (for the way of macOS to list sockets)',
    apt: ['lsof', 'procps'],
    neededBy: ['integration'],
    isThere: () => ['lsof', 'ps', 'sysctl'].every((name) => onPath(name) !== undefined),
  },
  {
    name: 'openssl (for the certificates of receivers)',
    apt: ['openssl'],
    neededBy: ['integration'],
    isThere: () => onPath('openssl') !== undefined,
  },
  {
    name: 'Redis',
    apt: ['redis-server'],
    brew: 'brew install redis',
    neededBy: ['integration', 'faults'],
    isThere: () => onPath('redis-server') !== undefined,
  },
  {
    name: 'Chromium',
    apt: ['chromium'],
    brew: 'brew install --cask chromium',
    neededBy: ['e2e'],
    isThere: () => findChromium() !== undefined,
  },
];

/** The Chromium that browser tests drive: `CHROMIUM_PATH`, or an installed one. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.CHROMIUM_PATH !== undefined) return env.CHROMIUM_PATH;
  const apps = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'];
  const installed =
    platform() === 'darwin' ? apps.map((app) => join('/Applications', app)).find(existsSync) : undefined;
  return installed ?? onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome');
}

/** Where a program is, as a shell would find it. Debian's daemons are in sbin, which is not on everybody's path. */
export function onPath(program: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
