import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Discovery, discoverySchema } from '../contract/system.ts';
import type { Home } from './home.ts';

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Where a running CLOS can be reached, or null when none has said so. The process may have died since. */
export async function readDiscovery(home: Home): Promise<Discovery | null> {
  const parsed = discoverySchema.safeParse(await readJson(home.discoveryFile));
  return parsed.success ? parsed.data : null;
}

const credentialsSchema = z.object({ apiKey: z.string().startsWith('clos_') });

/** The owner's API key, or null before the first start. */
export async function readApiKey(home: Home): Promise<string | null> {
  const parsed = credentialsSchema.safeParse(await readJson(home.credentialsFile));
  return parsed.success ? parsed.data.apiKey : null;
}
