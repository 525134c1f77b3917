import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { canStartPrivately, startEngine } from '#tests/support/engine.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import type { TestEngine } from '#tests/support/test-engine.ts';
import { webImage } from '#tests/support/web-image.ts';
import { run } from '../../../tools/lib/run.ts';

describe('the shared engine', () => {
  it('has the web image', async () => {
    const { socketPath } = inject('engine');
    const image = JSON.parse(await engineCall(socketPath, `/images/${webImage}/json`));
    expect(image.Config.Cmd).toEqual(['busybox', 'httpd', '-f', '-p', '80', '-h', '/www']);
  });
});

describe.runIf(canStartPrivately())('a private engine', () => {
  let engine: TestEngine;
  let other: TestEngine;

  beforeAll(async () => {
    [engine, other] = await Promise.all([startEngine(), startEngine()]);
  });

  afterAll(async () => {
    await Promise.all([engine.stop(), other.stop()]);
    expect([existsSync(engine.socketPath), existsSync(other.socketPath)]).toEqual([false, false]);
  });

  async function start(on: TestEngine, name: string, settings: object = {}): Promise<void> {
    await engineCall(on.socketPath, `/containers/create?name=${name}`, {
      method: 'POST',
      body: { Image: webImage, HostConfig: { Init: true, ...settings } },
    });
    await engineCall(on.socketPath, `/containers/${name}/start`, { method: 'POST' });
  }

  async function publishedPort(on: TestEngine, name: string): Promise<number> {
    const text = await engineCall(on.socketPath, `/containers/${name}/json`);
    return Number(JSON.parse(text).NetworkSettings.Ports['80/tcp'][0].HostPort);
  }

  const anyPort = { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } };

  it('runs the web image and publishes its port', async () => {
    await start(engine, 'web', anyPort);
    expect(await page(await publishedPort(engine, 'web'))).toContain('It works.');
  });

  it('lets containers of one network find each other by name', async () => {
    await engineCall(engine.socketPath, '/networks/create', { method: 'POST', body: { Name: 'shop' } });
    await start(engine, 'db', { NetworkMode: 'shop' });
    const body = {
      Image: webImage,
      Cmd: ['nslookup', 'db', '127.0.0.11'],
      HostConfig: { NetworkMode: 'shop' },
    };
    await engineCall(engine.socketPath, '/containers/create?name=client', { method: 'POST', body });
    await engineCall(engine.socketPath, '/containers/client/start', { method: 'POST' });
    const ended = await engineCall(engine.socketPath, '/containers/client/wait', { method: 'POST' });
    expect(JSON.parse(ended)).toMatchObject({ StatusCode: 0 });
  });

  it('does not meet another private engine', async () => {
    await start(other, 'web', anyPort);
    expect(await page(await publishedPort(other, 'web'))).toContain('It works.');
    expect(await page(await publishedPort(engine, 'web'))).toContain('It works.');
    expect(JSON.parse(await engineCall(other.socketPath, '/containers/json?all=1'))).toHaveLength(1);
  });

  it('is gone after a kill and back after a restart, with its containers', async () => {
    await engine.kill();
    await expect(engineCall(engine.socketPath, '/_ping')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
    await engine.restart();
    const names = JSON.parse(await engineCall(engine.socketPath, '/containers/json?all=1')).map(
      (container: { Names: string[] }) => container.Names[0],
    );
    expect(names.sort()).toEqual(['/client', '/db', '/web']);
  });

  it('can be stopped after a kill', async () => {
    const third = await startEngine();
    await start(third, 'web');
    await third.kill();
    await third.stop();
    expect(existsSync(third.socketPath)).toBe(false);
  });

  it('is cleared away by the next one when its run was killed', async () => {
    const code = `
      import { startEngine } from './tests/support/engine.ts';
      const { socketPath } = await startEngine();
      process.stdout.write(socketPath, () => process.kill(process.pid, 'SIGKILL'));`;
    const { output } = await run([process.execPath, '--input-type=module', '-e', code], { capture: true });
    expect(existsSync(output)).toBe(true);
    await (await startEngine()).stop();
    expect(existsSync(output)).toBe(false);
  });
});

/** The engine's proxy accepts connections a moment before the program in the container does. */
function page(port: number): Promise<string> {
  return vi.waitFor(() => get(port), { timeout: 10_000 });
}

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('end', () => resolve(text));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
