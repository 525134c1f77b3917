import { type ModuleName, moduleNames } from '#shared/contract/access.ts';
import { countOpenConflicts } from '../../database/conflicts.ts';
import { lastSeq } from '../../database/events.ts';
import type { ReadDb } from '../../database/handle.ts';
import { countServicesByStatus } from '../../database/services.ts';
import { readHostLoad } from '../../host/load.ts';
import type { ModuleContext } from '../../supervisor/module.ts';
import type { Readings } from './metrics.ts';

/** A sibling that takes longer to say how it is counts as silent. */
const askTimeoutMs = 1000;

async function orNull<T>(read: () => T | Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch {
    return null;
  }
}

async function readResidentBytes(context: ModuleContext): Promise<Map<ModuleName, number>> {
  const bytes = new Map<ModuleName, number>();
  const ask = async (name: ModuleName): Promise<void> => {
    const health = await orNull(() =>
      context.sibling(name).module.health({}, { signal: AbortSignal.timeout(askTimeoutMs) }),
    );
    if (health !== null) bytes.set(name, health.rssBytes);
  };
  await Promise.all(moduleNames.filter((name) => name !== context.name).map(ask));
  bytes.set(context.name, process.memoryUsage.rss());
  return bytes;
}

/** Reads everything that `/metrics` tells. A part that does not answer is left out; the rest is still told. */
export async function takeReadings(context: ModuleContext, db: ReadDb): Promise<Readings> {
  const [services, openConflicts, seq, status, residentBytes, host] = await Promise.all([
    orNull(() => countServicesByStatus(db)),
    orNull(() => countOpenConflicts(db)),
    orNull(() => lastSeq(db)),
    orNull(() => context.sibling('api').system.status({}, { signal: AbortSignal.timeout(askTimeoutMs) })),
    readResidentBytes(context),
    orNull(readHostLoad),
  ]);
  return { services, openConflicts, seq, modules: status?.modules ?? null, residentBytes, host };
}
