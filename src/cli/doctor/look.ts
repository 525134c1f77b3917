import { stat, statfs } from 'node:fs/promises';
import { networkInterfaces, platform } from 'node:os';
import { dirname } from 'node:path';
import type { CliContext } from '../context.ts';
import type { Finding } from './finding.ts';
import { type HomeFacts, judgeHome, judgeSpace } from './home.ts';
import { lookAtClos } from './look-at-clos.ts';
import { lookAtNames } from './look-at-names.ts';
import { judgeProxies } from './proxies.ts';
import { judgeIpv6 } from './status.ts';

/** Looks at all that commonly goes wrong on a machine. Changes nothing. */
export async function lookAround(context: CliContext): Promise<Finding[]> {
  const { env, home } = context;
  const clos = await lookAtClos(context);
  const examples = ['clos.localhost', clos.names.find((name) => name !== 'clos.localhost') ?? 'web.localhost'];
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  return [
    { check: 'home', ...judgeHome(await homeFacts(home.root)) },
    { check: 'disk', ...judgeSpace(await freeBytes(home.root)) },
    ...clos.findings,
    ...(await lookAtNames({ examples, names: clos.names }, { env, platform: platform() })),
    { check: 'ipv6', ...judgeIpv6(addresses) },
    { check: 'proxy', ...judgeProxies(env) },
  ];
}

async function homeFacts(root: string): Promise<HomeFacts> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const facts =
    found === null
      ? null
      : { mode: found.mode, mine: found.uid === (process.getuid?.() ?? found.uid), isFolder: found.isDirectory() };
  return { root, found: facts, platform: platform() };
}

/** What a user may still write on the disk of a folder, or of the nearest one above it that is there. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return await freeBytes(dirname(folder));
  }
}
