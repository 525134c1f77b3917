import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readStart } from './bounded-read.ts';
import type { Checkout } from './types.ts';

const maxLevels = 40;
const maxHeadBytes = 4096;
const maxPackageBytes = 256 * 1024;

export interface Workplace {
  /** The name in the root's package.json, else of the main checkout's folder, else of the nearest folder with a package.json. */
  project: string | null;
  checkout: Checkout | null;
}

/**
 * Which project and checkout a folder belongs to: walks up to the nearest `.git`, a folder or the file of a linked worktree or
 * submodule (gitrepository-layout(5)), and reads HEAD. Starts no program, reads at most a few kilobytes, never fails.
 */
export async function findWorkplace(cwd: string): Promise<Workplace> {
  let nearestPackage: string | null = null;
  let folder = resolve(cwd);
  for (let level = 0; level < maxLevels; level++) {
    const [checkout, name] = await Promise.all([checkoutAt(folder), packageName(folder)]);
    if (checkout !== null) {
      const project = name ?? basename(checkout.mainRoot);
      return { project: project || null, checkout: { root: folder, branch: checkout.branch } };
    }
    nearestPackage ??= name;
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return { project: nearestPackage, checkout: null };
}

async function checkoutAt(folder: string): Promise<{ branch: string | null; mainRoot: string } | null> {
  const gitDir = await gitDirOf(folder);
  if (gitDir === null) return null;
  const [head, mainRoot] = await Promise.all([
    readStart(join(gitDir, 'HEAD'), maxHeadBytes),
    mainRootOf(folder, gitDir),
  ]);
  return head === null ? null : { branch: branchOf(head), mainRoot };
}

async function gitDirOf(folder: string): Promise<string | null> {
  const dotGit = join(folder, '.git');
  const entry = await stat(dotGit).catch(() => null);
  if (entry === null) return null;
  if (entry.isDirectory()) return dotGit;
  const pointer = await readStart(dotGit, maxHeadBytes);
  const target = /^gitdir: (.+)$/m.exec(pointer ?? '')?.[1]?.trim();
  return target ? resolve(folder, target) : null;
}

/** A linked worktree says in `commondir` where its repository is; the folder around that one names the project. */
async function mainRootOf(folder: string, gitDir: string): Promise<string> {
  const common = (await readStart(join(gitDir, 'commondir'), maxHeadBytes))?.trim();
  if (!common) return folder;
  const repository = resolve(gitDir, common);
  return basename(repository) === '.git' ? dirname(repository) : repository.replace(/\.git$/, '');
}

function branchOf(head: string): string | null {
  const branch = /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim();
  // Repositories that keep refs in tables write this in place of the branch.
  return branch === undefined || branch === '.invalid' ? null : branch;
}

async function packageName(folder: string): Promise<string | null> {
  const text = await readStart(join(folder, 'package.json'), maxPackageBytes);
  if (text === null) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    const name = typeof parsed === 'object' && parsed !== null && 'name' in parsed ? parsed.name : null;
    return typeof name === 'string' && name !== '' && name.length <= 214 ? name : null;
  } catch {
    return null;
  }
}
