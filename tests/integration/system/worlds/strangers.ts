import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import type { Seat } from '#tests/support/worlds/oracle.ts';
import type { Place, Stranger } from '#tests/support/worlds/random-world.ts';
import { canBothBe, type ModelPlace } from '#tests/support/worlds/who-can-bind.ts';
import { foreignContainer, stateOfContainer } from '../conflict-matrix/holders.ts';
import type { Matrix } from '../conflict-matrix/matrix.ts';
import { commandFor, startProgram, whoAnswers } from '../conflict-matrix/programs.ts';

/** Somebody of a plan who has come. */
export interface RealStranger {
  /** What it holds. */
  sockets: readonly Seat[];
  /** What it would hold if it ran. */
  claims: readonly Seat[];
  /** How it is now: it must stay so. */
  state(): Promise<unknown>;
  leave(): Promise<void>;
}

type Listener = Extract<Stranger, { kind: 'listener' }>;
type Container = Extract<Stranger, { kind: 'container' }>;

/** Where strangers come to: the first port that they count from, and what is there already. */
export interface Ground {
  firstPort: number;
  sockets: readonly Seat[];
}

/** Has a stranger come, as far as there is room: a program comes not at all, a container does not start. */
export async function invite(matrix: Matrix, stranger: Stranger, ground: Ground): Promise<RealStranger | null> {
  return stranger.kind === 'listener'
    ? await startListener(matrix, stranger, ground)
    : await makeContainer(matrix, stranger, ground);
}

/** True when all these places can be had at once. */
function hasRoom(sockets: readonly Seat[], places: readonly ModelPlace[]): boolean {
  return places.every((place, index) =>
    [...sockets, ...places.slice(0, index)].every((other) => canBothBe(other, place)),
  );
}

function placed({ at, ...place }: Place, firstPort: number) {
  return { ...place, port: firstPort + at };
}

async function startListener({ folder }: Matrix, { place, v6only }: Listener, { firstPort, sockets }: Ground) {
  const seat = { ...placed(place, firstPort), v6only: v6only && place.address === '::' };
  if (!hasRoom(sockets, [seat])) return null;
  const program = await startProgram(commandFor(seat), { cwd: folder });
  return {
    sockets: [{ ...seat, who: `process ${program.pid}` }],
    claims: [],
    state: () => whoAnswers(seat),
    leave: program.end,
  };
}

async function makeContainer(matrix: Matrix, { name, running, places }: Container, { firstPort, sockets }: Ground) {
  const seats = places.map((place): Seat => ({ ...placed(place, firstPort), v6only: true, who: `container ${name}` }));
  const ports = seats.map(({ protocol, address, port }, index) => ({
    key: `${80 + index}/${protocol}`,
    bindings: [{ HostIp: address, HostPort: String(port) }],
  }));
  const { id, remove } = await foreignContainer(matrix, seats[0] as Seat, {
    name,
    start: false,
    config: { ExposedPorts: Object.fromEntries(ports.map(({ key }) => [key, {}])) },
    host: { PortBindings: Object.fromEntries(ports.map(({ key, bindings }) => [key, bindings])) },
  });
  const runs = running && hasRoom(sockets, seats);
  if (runs) await engineCall(matrix.socketPath, `/containers/${id}/start`, { method: 'POST', body: {} });
  // CLOS hears of it from the engine, a moment later.
  const state = runs ? 'running' : 'created';
  await eventually(
    () => matrix.client.ports.who({ port: seats[0]?.port ?? 0 }),
    ({ claims }) => claims.some(({ container }) => container.id === id && container.state === state),
  );
  return {
    sockets: runs ? seats : [],
    claims: runs ? [] : seats,
    state: () => stateOfContainer(matrix, name),
    leave: remove,
  };
}
