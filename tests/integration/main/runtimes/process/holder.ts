/** A process that holds a runtime, as CLOS does, and is killed by the tests. Arguments: the folder, what to do. */
import { tmpdir } from 'node:os';
import { createHost } from '#main/host/host.ts';
import { createProcessRuntime } from '#main/runtimes/process/process-runtime.ts';

const [dir = '', what = '', script = ''] = process.argv.slice(2);
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const runtime = createProcessRuntime({ host: createHost(), log: silent, dir });
const env = { PATH: process.env.PATH ?? '' };

if (what === 'start') {
  await runtime.start({ serviceId: 'web', command: [process.execPath, '-e', script], cwd: tmpdir(), env });
  process.stdout.write('started\n');
} else {
  const onPhase = (phase: string) => process.stdout.write(`${phase}\n`);
  await runtime.stop('web', { graceMs: 2000, onPhase });
}
// Stays until it is killed.
setInterval(() => undefined, 60_000);
