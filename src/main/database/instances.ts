import { newId } from '#shared/base/ids.ts';
import type { WriteDb } from './handle.ts';

/** The one instance that everything belongs to as long as there are no checkouts with instances of their own. */
export const mainInstance = 'main';

/** Makes the main instance at the first start. Returns its id. */
export function ensureMainInstance(db: WriteDb): string {
  const found = db.get<{ id: string }>('SELECT id FROM instances WHERE name = @name', { name: mainInstance });
  if (found !== undefined) return found.id;
  const id = newId('ins');
  db.run('INSERT INTO instances (id, name, created_at) VALUES (@id, @name, @now)', {
    id,
    name: mainInstance,
    now: new Date().toISOString(),
  });
  return id;
}
