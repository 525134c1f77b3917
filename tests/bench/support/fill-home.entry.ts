/**
 * Fills the database of a home and ends: `node fill-home.entry.ts <home> <events>`. In a process of its own, for what it takes of memory stays
 * with the process, and to fork a large one takes tens of milliseconds.
 */
import { openCoreDb } from '#main/database/core-db.ts';
import { findHome } from '#shared/node/home.ts';
import { fillHistory } from './large-history.ts';

const [root = '', events = '0'] = process.argv.slice(2);
const { coreDb: path, backupsDir } = findHome({ CLOS_HOME: root });
const db = openCoreDb({ path, migrationsDir: 'migrations', backupsDir, durability: 'normal' });
await fillHistory(db, Number(events));
await db.close();
