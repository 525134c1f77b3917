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
    const gitDir = await gitDirOf(folder);
    if (gitDir !== null) {
      const head = await readStart(join(gitDir, 'HEAD'), maxHeadBytes);
      if (head !== null) {
        const project = (await packageName(folder)) ?? basename(await mainRoot(folder, gitDir));
        return { project: project || null, checkout: { root: folder, branch: branchOf(head) } };
      }
    }
    nearestPackage ??= await packageName(folder);
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  return { project: nearestPackage, checkout: null };
}

async function gitDirOf(folder: string): Promise<string | null> {
  const dotGit = join(folder, '.git');
  const pointer = await readStart(dotGit, maxHeadBytes);
  if (pointer !== null) {
    const target = /^gitdir: (.+)$/m.exec(pointer)?.[1]?.trim();
    return target ? resolve(folder, target) : null;
  }
  return (await isFolder(dotGit)) ? dotGit : null;
}

/** A linked worktree says in `commondir` where its repository is; the folder around that one names the project. */
async function mainRoot(folder: string, gitDir: string): Promise<string> {
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

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
