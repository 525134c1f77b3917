/** Writes to the core database of the home in CLOS_HOME without a pause, and says the number of each event that is on disk. */

import { openCoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq } from '#main/database/events.ts';
import { thisModule } from '#main/modules/api/access/actors.ts';
import { findHome } from '#shared/node/home.ts';

const home = findHome(process.env);
const db = openCoreDb({
  path: home.coreDb,
  migrationsDir: 'migrations',
  backupsDir: home.backupsDir,
  durability: 'normal',
});
for (;;) {
  await db.commit((write) => {
    for (let count = 0; count < 400; count += 1) {
      appendEvent(write, {
        type: 'settings.changed',
        subject: { type: 'system', id: 'settings', name: null },
        actor: thisModule,
        cause: null,
        data: { name: 'conflicts' },
      });
    }
  });
  process.send?.(lastSeq(db.read));
}
