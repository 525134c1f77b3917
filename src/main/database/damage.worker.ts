import { parentPort } from 'node:worker_threads';
import { findHome } from '#shared/node/home.ts';
import { findDamage } from './damage.ts';

parentPort?.once('message', async (root: string) =>
  parentPort?.postMessage(await findDamage(findHome({ ...process.env, CLOS_HOME: root }))),
);
