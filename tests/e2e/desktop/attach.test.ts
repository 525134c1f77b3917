import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Desktop, startDesktop } from '#tests/support/electron/desktop.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
let desktop: Desktop;

beforeAll(async () => {
  system = await startSystem();
  desktop = await startDesktop(system.home);
});

afterAll(async () => {
  await desktop?.kill();
  await system?.stop();
  if (system) removeHome(system.home);
});

function me(): Promise<{ status: number; body: string }> {
  return desktop.page.evaluate(() =>
    (
      window as unknown as { clos: { request(request: object): Promise<{ status: number; body: string }> } }
    ).clos.request({ method: 'GET', path: '/api/v2/me', headers: {} }),
  );
}

it('attaches to a CLOS that runs already, as its owner, and leaves it running', async () => {
  const answer = await me();
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    expect.objectContaining({ type: 'key', role: 'admin' }),
  ]);
  const live = await desktop.page.evaluate(() =>
    (window as unknown as { clos: { websocketUrl(): Promise<string> } }).clos.websocketUrl(),
  );
  expect(live.replace(/ticket=.*/, '')).toBe(`${system.discovery.websocket.url.replace('http', 'ws')}/ws?`);
  await expect.poll(async () => (await desktop.record()).tooltip, { timeout: 10_000 }).toBe('CLOS: 0 running');

  const { modules } = await system.client.system.status();
  await desktop.evaluate((electron) => void setTimeout(() => electron.app.quit(), 0), null);
  expect(await desktop.ended).toBe(0);
  expect(desktop.timeline()).toEqual(['tray', 'window', 'quit']);
  expect((await system.client.system.status()).modules).toEqual(modules);
});
