import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

describe('a webhook', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9.254.0xa9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://0.0.0.0:8081/',
    'http://[::]:8081/',
    'http://255.255.255.255/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'ftp://127.0.0.1/',
    'http://user:password@127.0.0.1/',
    'nothing',
  ])('cannot be made for %s', async (url) => {
    await expect(system.client.webhooks.create({ url })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [expect.objectContaining({ path: 'url' })],
    });
  });

  it.each(['gateway', 'api', 'websocket', 'monitor', 'resolver', 'dashboard'] as const)(
    'never reaches the port of the %s, by whatever name of this machine',
    async (name) => {
      const port = new URL(system.discovery[name].url).port;
      for (const host of ['127.0.0.1', 'localhost', '127.8.8.8', '[::1]', '[::ffff:127.0.0.1]']) {
        const { id } = await system.client.webhooks.create({ url: `http://${host}:${port}/api/v2/services` });
        expect(await system.client.webhooks.test({ id })).toEqual({
          delivered: false,
          status: null,
          reason: `Port ${port} is one of CLOS's own.`,
        });
        await system.client.webhooks.delete({ id });
      }
    },
  );
});
