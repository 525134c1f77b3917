import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { nameSchema } from '#shared/contract/primitives.ts';

/** A valid name near to what a package or a folder is called; null when nothing of it is left. The scope of a package goes. */
export function toName(text: string): string | null {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  return nameSchema.safeParse(plain).success ? plain : null;
}

/** What a service of this folder may be called, the best first: as its package.json says, as the folder is called. */
export async function suggestNames(folder: string): Promise<string[]> {
  const names = [toName((await packageName(folder)) ?? ''), toName(basename(folder))].filter((name) => name !== null);
  return names.length === 0 ? ['service'] : [...new Set(names)];
}

/** The first of these names that nobody has, or the first one with a number: `shop-2`. */
export function firstFreeName(names: readonly string[], taken: ReadonlySet<string>): string {
  const [first = 'service'] = names;
  const free = names.find((name) => !taken.has(name));
  if (free !== undefined) return free;
  for (let count = 2; ; count++) {
    if (!taken.has(`${first}-${count}`)) return `${first}-${count}`;
  }
}

async function packageName(folder: string): Promise<string | null> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return z.object({ name: z.string() }).safeParse(manifest).data?.name ?? null;
  } catch {
    return null;
  }
}
