import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { pageOf } from '#tests/support/page.ts';
import { type Held, holders } from './holders.ts';
import {
  boxed,
  lifeOfService,
  type Matrix,
  newName,
  openMatrix,
  recommendedOf,
  refusedStart,
  removeServices,
  resolve,
  served,
  snapshot,
  undo,
} from './matrix.ts';
import { type Place, urlOf, whoAnswers } from './programs.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

/** The whole conflict but for its options. */
async function expectedConflict(name: string, place: Place, held: Held): Promise<Omit<Conflict, 'options'>> {
  const { protocol, address, port } = place;
  const { id } = await matrix.client.services.get({ id: name });
  const refused = { source: 'probe' as const, detail: `A bind of ${protocol} ${address}:${port} was refused: in use` };
  return {
    id: expect.stringMatching(/^cfl_/),
    kind: held.kind,
    severity: 'blocking',
    wanted: { service: name, serviceId: id, endpoint: 'http', protocol, address, port },
    holder: held.holder,
    evidence: [...held.evidence, ...(held.unbound ? [] : [refused]), ...(held.remarks ?? [])],
    state: 'open',
    detectedAt: expect.any(String),
    closedAt: null,
  };
}

const kinds = Object.keys(holders) as Array<keyof typeof holders>;

describe.each(kinds)('%s', (kind) => {
  it.each([
    ['tcp', 'container'],
    ['udp', 'program'],
  ] as const)('over %s keeps a %s from its port, which goes elsewhere and back', async (protocol, runtime) => {
    const place: Place = { protocol, address: '127.0.0.1', port: await matrix.freePort() };
    const held = await holders[kind](matrix, place);
    onTestFinished(held.release);
    const name = newName('web');
    const endpoint = { protocol, hostPort: place.port };
    await matrix.client.services.create(runtime === 'program' ? served(matrix, name, endpoint) : boxed(name, endpoint));
    onTestFinished(() => removeServices(matrix.client, name));
    const before = { state: await held.state(), all: await snapshot(matrix) };

    const [conflict, ...others] = await refusedStart(matrix, name);
    if (conflict === undefined) throw new Error('A refusal without a conflict');
    const { options, ...rest } = conflict;
    expect(others).toEqual([]);
    expect(rest).toEqual(await expectedConflict(name, place, held));
    const isElsewhere = runtime === 'container' && (held.kind === 'container' || held.kind === 'process');
    const offered = [...held.options];
    if (isElsewhere) offered.splice(offered.indexOf('adopt') + 1, 0, 'change-address');
    expect(options.map(({ strategy }) => strategy)).toEqual(offered);

    const { id, port } = recommendedOf(conflict);
    const operation = await resolve(matrix, conflict, id);
    const moved = { ...place, port: port ?? 0 };
    if (runtime === 'program') expect((await whoAnswers(moved)).argv).toEqual([protocol, '127.0.0.1', String(port)]);
    else expect((await pageOf(urlOf(moved))).status).toBe(200);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'running', desired: 'running', waits: false });
    expect((await matrix.client.conflicts.get({ id: conflict.id })).state).toBe('resolved');
    expect(await held.state()).toEqual(before.state);

    const undone = await undo(matrix, operation);
    expect([operation.status, operation.undoable, undone.status]).toEqual(['succeeded', true, 'succeeded']);
    expect(await held.state()).toEqual(before.state);
    const after = await snapshot(matrix);
    const others2 = (all: typeof after) => all.services.filter((service) => service.name !== name);
    expect({ services: others2(after), leases: after.leases, sockets: after.sockets }).toEqual({
      services: others2(before.all),
      leases: before.all.leases,
      sockets: before.all.sockets,
    });
    expect(await lifeOfService(matrix, name)).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
      waits: false,
      endpoints: [{ address: '127.0.0.1', lease: null }],
    });
  });
});
