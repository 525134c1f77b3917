import { afterAll, beforeAll, expect, it } from 'vitest';
import { boxed, lifeOfService, type Matrix, openMatrix, patient, served, snapshot } from './matrix.ts';
import { whoAnswers } from './programs.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

/** Three of them want one port; two of the six are told of `orders`, and nobody of the others that want it. */
async function createSix(): Promise<{ shared: number; own: number }> {
  const [shared, own] = [await matrix.freePort(), await matrix.freePort()];
  const { client } = matrix;
  const told = { ORDERS: `\${services.orders.url}` };
  await client.services.create(served(matrix, 'basket', { hostPort: shared }));
  await client.services.create(served(matrix, 'orders', { hostPort: shared }));
  await client.services.create(boxed('zone', { hostPort: shared }));
  await client.services.create(served(matrix, 'cache', { hostPort: own }));
  await client.services.create({ ...served(matrix, 'mailer', { hostPort: 'auto' }), env: told });
  await client.services.create({ ...served(matrix, 'shop', { hostPort: 'auto' }), env: told });
  return { shared, own };
}

const six = ['basket', 'cache', 'mailer', 'orders', 'shop', 'zone'];

it('starts six services of which three want one port with one answer, as it was planned: one keeps it, two move', async () => {
  const { shared, own } = await createSix();
  const before = await snapshot(matrix);
  const plan = await matrix.client.services.startMany({ services: six, dryRun: true });
  expect(await snapshot(matrix)).toEqual(before);

  const steps = plan.steps.map(({ name, status }) => ({ name, status }));
  const moves = steps.filter(({ name }) => name.startsWith('Run '));
  expect(steps.filter(({ status }) => status !== 'planned')).toEqual([]);
  expect(steps.map(({ name }) => name)).toContain(`Lease :${shared} to orders/http`);
  expect(moves.map(({ name }) => name.replace(/ on \d+$/, '')).sort()).toEqual(['Run basket', 'Run zone']);
  const planned = new Map(
    steps.flatMap(({ name }) => {
      const [, leased, seat] = /^Lease :(\d+) to (\w+)\/http$/.exec(name) ?? [];
      const [, mover, port] = /^Run (\w+) on (\d+)$/.exec(name) ?? [];
      return leased !== undefined ? [[seat, Number(leased)]] : port !== undefined ? [[mover, Number(port)]] : [];
    }),
  );

  const operation = await matrix.client.services.startMany({ services: six }, patient);
  expect([operation.status, operation.conflicts]).toEqual(['succeeded', []]);
  const lives = await Promise.all(six.map((name) => lifeOfService(matrix, name)));
  expect(lives.map(({ status, waits }) => [status, waits])).toEqual(six.map(() => ['running', false]));
  const had = new Map(lives.map(({ name, endpoints }) => [name, endpoints[0]?.lease?.port]));
  expect(had).toEqual(planned);
  expect([had.get('orders'), had.get('cache'), new Set(had.values()).size]).toEqual([shared, own, 6]);

  for (const name of ['mailer', 'shop']) {
    const place = { protocol: 'tcp', address: '127.0.0.1', port: had.get(name) ?? 0 } as const;
    expect((await whoAnswers(place)).env.ORDERS).toBe(`http://127.0.0.1:${shared}`);
  }
  expect((await matrix.client.conflicts.list({ state: 'open' })).items).toEqual([]);
});

it('starts them again where they were, without a question', async () => {
  const ports = async () =>
    (await Promise.all(six.map((name) => lifeOfService(matrix, name)))).map(
      ({ endpoints }) => endpoints[0]?.lease?.port,
    );
  const before = await ports();
  for (const id of six) await matrix.client.services.stop({ id }, patient);
  const plan = await matrix.client.services.startMany({ services: six, dryRun: true });
  expect(plan.steps.filter(({ name }) => name.startsWith('Run '))).toEqual([]);
  await matrix.client.services.startMany({ services: six }, patient);
  expect(await ports()).toEqual(before);
});
