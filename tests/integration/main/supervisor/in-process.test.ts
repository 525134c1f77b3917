import { existsSync, statSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '#main/config/config.ts';
import { createApi } from '#main/modules/api/api.ts';
import { gateway } from '#main/modules/gateway/gateway.ts';
import { monitor } from '#main/modules/monitor/monitor.ts';
import { resolver } from '#main/modules/resolver/resolver.ts';
import { websocket } from '#main/modules/websocket/websocket.ts';
import { worker } from '#main/modules/worker/worker.ts';
import { inProcessStarter } from '#main/supervisor/in-process-starter.ts';
import { AlreadyRunning, createSupervisor, type Supervisor } from '#main/supervisor/supervisor.ts';
import { moduleNames } from '#shared/contract/access.ts';
import type { ModuleState } from '#shared/contract/system.ts';
import { environmentOf, newHome, removeHome } from '#tests/support/system.ts';

const home = newHome();
const running: Supervisor[] = [];

function create(): Supervisor {
  const supervisor = createSupervisor({
    home,
    packageRoot: process.cwd(),
    config: loadConfig(home.configFile, environmentOf(home)),
    version: '2.0.0',
    starter: inProcessStarter({ api: createApi(), gateway, monitor, resolver, websocket, worker }),
    log: pino({ level: 'silent' }),
  });
  running.push(supervisor);
  return supervisor;
}

/** What keeps a process alive, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stop();
});

describe('the supervisor with modules in this process', () => {
  it('starts all six, says where they are, and keeps secrets to their owner', async () => {
    const discovery = await create().start();
    const alive = await Promise.all(
      (['gateway', 'api', 'websocket', 'monitor', 'resolver'] as const).map(async (name) => {
        const response = await fetch(`${discovery[name].url}/livez`);
        return (await response.json()).module;
      }),
    );

    expect(alive).toEqual(['gateway', 'api', 'websocket', 'monitor', 'resolver']);
    const modes = [home.credentialsFile, home.identityFile, home.discoveryFile, home.socketsDir].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o700]);
  });

  it('stops them in the reverse order and leaves no socket, timer or file behind', async () => {
    const before = resources();
    const supervisor = create();
    const stopped: string[] = [];
    supervisor.onState((state: ModuleState) => {
      if (state.state === 'stopped') stopped.push(state.name);
    });
    await supervisor.start();
    await supervisor.stop();

    expect([stopped.at(0), stopped.at(-1), stopped.length]).toEqual(['gateway', 'api', 6]);
    expect(existsSync(home.discoveryFile)).toBe(false);
    const after = resources();
    for (const kind of ['TCPServerWrap', 'PipeServerWrap', 'TCPSocketWrap'])
      expect([kind, after[kind]]).toEqual([kind, before[kind]]);
  });

  it('refuses a second supervisor for the home and starts again after the first', async () => {
    const first = create();
    await first.start();
    const second = create();
    await expect(second.start()).rejects.toThrow(AlreadyRunning);
    await second.stop();
    expect(existsSync(home.discoveryFile)).toBe(true);
    await first.stop();
    const again = create();
    await again.start();

    expect(again.states().map(({ name, state }) => [name, state])).toEqual(moduleNames.map((name) => [name, 'ready']));
    await again.stop();
    removeHome(home);
  });
});
