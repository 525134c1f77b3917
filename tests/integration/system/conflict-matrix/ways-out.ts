import { expect, onTestFinished } from 'vitest';
import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { type Held, holders } from './holders.ts';
import { boxed, type Matrix, newName, refusedStart, removeServices, resolve, served, snapshot } from './matrix.ts';
import type { Place } from './programs.ts';

export type HolderKind = keyof typeof holders;

/** A service whose start was refused, by whom, and how everything else was then. */
export interface Met {
  name: string;
  place: Place;
  held: Held;
  conflict: Conflict;
  before: Awaited<ReturnType<typeof restOf>>;
}

/** All but one service, as far as it is the same again when something was stopped and started as it was. */
export async function restOf(matrix: Matrix, name: string) {
  const { services, leases, sockets, containers } = await snapshot(matrix);
  return {
    services: services.filter((service) => service.name !== name).map(({ run: _run, ...life }) => life),
    leases: leases.map(({ seat, holder }) => `${seat} ${holder}`).sort(),
    sockets: sockets.map((socket) => socket.replace(/ \d+$/, '')),
    containers,
  };
}

/** The one conflict that keeps a service from its port. */
export async function soleConflict(matrix: Matrix, name: string): Promise<Conflict> {
  const [conflict, ...others] = await refusedStart(matrix, name);
  if (conflict === undefined || others.length > 0) throw new Error(`${others.length + 1} conflicts instead of one`);
  return conflict;
}

/** Has somebody hold a port, and a service ask for it in vain. */
export async function meet(
  matrix: Matrix,
  kind: HolderKind,
  runtime: 'program' | 'container' = 'program',
): Promise<Met> {
  const place: Place = { protocol: 'tcp', address: '127.0.0.1', port: await matrix.freePort() };
  const held = await holders[kind](matrix, place);
  onTestFinished(held.release);
  const name = newName('web');
  const endpoint = { hostPort: place.port };
  await matrix.client.services.create(runtime === 'program' ? served(matrix, name, endpoint) : boxed(name, endpoint));
  onTestFinished(() => removeServices(matrix.client, name));
  const before = await restOf(matrix, name);
  return { name, place, held, conflict: await soleConflict(matrix, name), before };
}

const namesOf = ({ steps }: Operation) => steps.map(({ name }) => name);

/** Takes a way out of a conflict. What was planned, by name and without a change, is what is done. */
export async function take(matrix: Matrix, conflict: Conflict, option: string): Promise<Operation> {
  const before = await snapshot(matrix);
  const plan = await matrix.client.conflicts.resolve({ id: conflict.id, option, dryRun: true });
  expect(await snapshot(matrix)).toEqual(before);
  const operation = await resolve(matrix, conflict, option);
  expect([plan.dryRun, plan.undoable, operation.status, operation.undoable]).toEqual([true, false, 'succeeded', true]);
  expect(namesOf(plan)).toEqual(namesOf(operation));
  return operation;
}
