import { type ConflictSettings, conflictSettingsSchema } from '#shared/contract/settings.ts';
import type { ReadDb, WriteDb } from './handle.ts';

/** What happens when a port is taken, unless a service says otherwise; the defaults until somebody changes them. */
export function readConflictSettings(db: ReadDb): ConflictSettings {
  const row = db.get<{ value: string }>("SELECT value FROM settings WHERE name = 'conflicts'");
  return conflictSettingsSchema.parse(row === undefined ? {} : JSON.parse(row.value));
}

export function putConflictSettings(db: WriteDb, settings: ConflictSettings): void {
  db.run(
    "INSERT INTO settings (name, value) VALUES ('conflicts', @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    { value: JSON.stringify(settings) },
  );
}
