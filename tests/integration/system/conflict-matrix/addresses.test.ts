import { isIPv4 } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { pageOf } from '#tests/support/page.ts';
import { foreignContainer } from './holders.ts';
import {
  boxed,
  lifeOfService,
  type Matrix,
  newName,
  openMatrix,
  patient,
  recommendedOf,
  refusedStart,
  removeServices,
  resolve,
  served,
  toldConflict,
  undo,
} from './matrix.ts';
import { askTcp, commandFor, type Place, startProgram, urlOf, whoAnswers } from './programs.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

/**
 * What a service meets where somebody holds an address of its port. `beside`: both can live and do not meet. `shadowed`: both can
 * live, and `localhost` may reach either.
 */
type Meeting = 'blocked' | 'shadowed' | 'beside';
type Holder = 'process' | 'container';

/** The columns: a program binds `::` for both families, an engine for IPv6 alone. */
const wantedAddresses = ['127.0.0.1', '0.0.0.0', '::1', '::'] as const;

interface Row {
  held: Pick<Place, 'address' | 'v6only'>;
  program: Meeting[];
  container: Meeting[];
}

const rows: Record<string, Row> = {
  '127.0.0.1': {
    held: { address: '127.0.0.1' },
    program: ['blocked', 'blocked', 'shadowed', 'blocked'],
    container: ['blocked', 'blocked', 'shadowed', 'shadowed'],
  },
  '127.0.0.2': {
    held: { address: '127.0.0.2' },
    program: ['beside', 'blocked', 'beside', 'blocked'],
    container: ['beside', 'blocked', 'beside', 'beside'],
  },
  '0.0.0.0': {
    held: { address: '0.0.0.0' },
    program: ['blocked', 'blocked', 'shadowed', 'blocked'],
    container: ['blocked', 'blocked', 'shadowed', 'shadowed'],
  },
  '::1': {
    held: { address: '::1' },
    program: ['shadowed', 'shadowed', 'blocked', 'blocked'],
    container: ['shadowed', 'shadowed', 'blocked', 'blocked'],
  },
  ':: for both families': {
    held: { address: '::' },
    program: ['blocked', 'blocked', 'blocked', 'blocked'],
    container: ['blocked', 'blocked', 'blocked', 'blocked'],
  },
  ':: for IPv6 alone': {
    held: { address: '::', v6only: true },
    program: ['shadowed', 'shadowed', 'blocked', 'blocked'],
    container: ['shadowed', 'shadowed', 'blocked', 'blocked'],
  },
};

/** What was told of each service, by its name; filled in by the cases and compared with all conflicts at the end. */
const told = new Map<string, Conflict['kind']>();

/** Holds a place until the test has finished. Returns the holder's name. */
async function hold(holder: Holder, place: Place): Promise<string> {
  if (holder === 'process') {
    const { end } = await startProgram(commandFor(place), { cwd: matrix.folder });
    onTestFinished(end);
    return 'node';
  }
  const { name, remove } = await foreignContainer(matrix, place);
  onTestFinished(remove);
  return name;
}

type Runtime = 'program' | 'container';

interface Case {
  runtime: Runtime;
  meeting: Meeting;
  wanted: Place;
  holder: { kind: Holder; name: string };
}

/** Starts a service at a place that is held, and says what it met. What blocks is resolved, and the resolution undone. */
async function meet({ runtime, meeting, wanted, holder }: Case): Promise<Meeting> {
  const { client } = matrix;
  const name = newName('web');
  const { protocol, address, port } = wanted;
  const endpoint = { protocol, address, hostPort: port };
  await client.services.create(runtime === 'program' ? served(matrix, name, endpoint) : boxed(name, endpoint));
  try {
    if (meeting === 'blocked') {
      const [conflict, ...others] = await refusedStart(matrix, name);
      if (conflict === undefined) throw new Error('A refusal without a conflict');
      told.set(name, holder.kind);
      expect(others).toEqual([]);
      expect(conflict).toMatchObject({ kind: holder.kind, wanted: { address, port }, holder: { name: holder.name } });
      expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'created', run: null });
      if (runtime === 'program' && protocol === 'tcp') await resolveAndUndo(name, conflict);
      return 'blocked';
    }
    await client.services.start({ id: name }, patient);
    if (runtime === 'program') expect((await whoAnswers(wanted)).argv).toEqual([protocol, address, String(port)]);
    else if (protocol === 'tcp') expect((await pageOf(urlOf(wanted))).status).toBe(200);
    if (meeting === 'beside') return 'beside';
    const shadow = await toldConflict(matrix, name, 'shadowed');
    told.set(name, 'shadowed');
    expect(shadow).toMatchObject({ severity: 'warning', wanted: { address, port }, holder: { name: holder.name } });
    return 'shadowed';
  } finally {
    await removeServices(client, name);
  }
}

/** The advice has the service answer elsewhere; the undo of it has nothing left of that. */
async function resolveAndUndo(name: string, conflict: Conflict): Promise<void> {
  const { wanted } = conflict;
  const { id, port } = recommendedOf(conflict);
  const operation = await resolve(matrix, conflict, id);
  expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'running', endpoints: [{ lease: { port } }] });
  const moved = { ...wanted, port: port ?? 0 };
  expect((await whoAnswers(moved)).argv).toEqual([wanted.protocol, wanted.address, String(port)]);
  await undo(matrix, operation);
  expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'stopped', endpoints: [{ lease: null }] });
  expect(await askTcp(moved)).toBeNull();
}

/** All columns of a row, one after the other: they would be in each other's way. */
async function meetAll(
  row: Row,
  { runtime, protocol, kind }: { runtime: Runtime; protocol: Place['protocol']; kind: Holder },
): Promise<void> {
  const place: Place = { protocol, port: await matrix.freePort(), ...row.held };
  const name = await hold(kind, place);
  const met: Meeting[] = [];
  for (const [index, address] of wantedAddresses.entries()) {
    const meeting = row[runtime][index] ?? 'beside';
    const wanted = { protocol, address, port: place.port };
    met.push(await meet({ runtime, meeting, wanted, holder: { kind, name } }));
  }
  expect(met).toEqual(row[runtime]);
  if (kind === 'process') await whoAnswers(place);
}

const titles = Object.keys(rows);
/** An engine binds each family apart. */
const published = titles.filter((title) => title !== ':: for both families');

type Cell = ['process' | 'container', keyof typeof rows, Place['protocol']];

/** Containers take seconds to start: where an engine binds no otherwise than a program, some rows speak for all. */
const cells: Record<Runtime, Cell[]> = {
  program: [
    ...titles.map((row): Cell => ['process', row, 'tcp']),
    ...titles.map((row): Cell => ['process', row, 'udp']),
    ...published.map((row): Cell => ['container', row, 'tcp']),
    ['container', '127.0.0.1', 'udp'],
    ['container', ':: for IPv6 alone', 'udp'],
  ],
  container: [
    ...titles.map((row): Cell => ['process', row, 'tcp']),
    ['process', '127.0.0.1', 'udp'],
    ['container', '0.0.0.0', 'tcp'],
    ['container', ':: for IPv6 alone', 'tcp'],
    ['container', '::1', 'udp'],
  ],
};

describe.each(['program', 'container'] as const)('a %s, at each address of a port', (runtime) => {
  it.each(cells[runtime])('where a %s holds %s over %s', async (kind, row, protocol) => {
    await meetAll(rows[row] as Row, { runtime, protocol, kind });
  });
});

/**
 * Over UDP only a bind tells whether a program at `::` takes IPv4 too. The watch binds nothing: until the service is started it
 * takes the usual for granted.
 */
function isGuess({ kind, wanted: { protocol, address }, evidence }: Conflict): boolean {
  return (
    kind === 'process' && protocol === 'udp' && isIPv4(address) && evidence[0]?.detail.startsWith('udp [::]') === true
  );
}

describe('in the end', () => {
  it('nothing was told but what was so, and nothing is left open', async () => {
    const all: Conflict[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await matrix.client.conflicts.list({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
      all.push(...page.items);
      cursor = page.nextCursor;
    }
    const known = all.filter((one) => told.get(one.wanted.service ?? '') === one.kind || !isGuess(one));
    const kinds = [...new Set(known.map(({ wanted, kind }) => `${wanted.service} ${kind}`))].sort();
    expect(kinds).toEqual([...told].map(([name, kind]) => `${name} ${kind}`).sort());
    expect(all.filter(({ state }) => state === 'open')).toEqual([]);
  });
});
