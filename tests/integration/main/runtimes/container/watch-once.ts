/** Watches the engine at the socket given, until its first snapshot, then stops. Nothing is left then that keeps a process alive. */
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { createEngineWatcher } from '#main/runtimes/container/engine-watcher.ts';
import { silentLog } from './spec.ts';

const engine = createContainerEngine({ address: { kind: 'socket', path: process.argv[2] ?? '' }, log: silentLog });
const watcher = createEngineWatcher({
  engine,
  log: silentLog,
  onSnapshot: () =>
    void watcher.stop().then(() => {
      engine.close();
      process.stdout.write('stopped');
    }),
  onChange: () => undefined,
  onState: () => undefined,
});
watcher.start();
