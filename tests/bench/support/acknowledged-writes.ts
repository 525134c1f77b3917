import type { Sample } from '../frame/bench-row.ts';

const clients = 64;
const roundMs = 1000;

/** So many clients, each of whom writes again as soon as its last write was acknowledged. */
export async function acknowledgedWrites(write: (client: number) => Promise<unknown>): Promise<Sample> {
  const began = performance.now();
  let acknowledged = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_value, client) => {
      while (performance.now() - began < roundMs) {
        await write(client);
        acknowledged += 1;
      }
    }),
  );
  return { writes: (acknowledged / (performance.now() - began)) * 1000 };
}
