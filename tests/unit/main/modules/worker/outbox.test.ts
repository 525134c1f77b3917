import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Outbox } from '#main/modules/worker/outbox.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Fact } from '#shared/contract/internal.ts';

const log = pino({ level: 'silent' });
const boxes: Outbox<Fact>[] = [];

afterEach(async () => {
  for (const box of boxes.splice(0)) await box.stop();
});

function fact(n: number): Fact {
  return {
    id: `fct_${n}`,
    type: 'health',
    serviceId: `svc_${n}`,
    health: 'healthy',
    reason: null,
    at: '2026-01-01T00:00:00.000Z',
  };
}

/** An outbox on an api that answers as told; `sent` holds the ids of each attempt. */
function outbox(answer: (ids: string[], attempt: number) => Error | null) {
  const sent: string[][] = [];
  let wake: () => void = () => undefined;
  const box = new Outbox<Fact>({
    async send(facts) {
      const ids = facts.map(({ id }) => id);
      sent.push(ids);
      wake();
      const error = answer(ids, sent.length);
      if (error !== null) throw error;
    },
    log,
    firstDelayMs: 1,
    lastDelayMs: 2,
  });
  boxes.push(box);
  const until = async (count: number): Promise<string[][]> => {
    while (sent.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
    return sent;
  };
  return { box, until };
}

describe('facts', () => {
  it('are sent in order, together where they wait together', async () => {
    const { box, until } = outbox(() => null);
    for (const n of [1, 2, 3]) box.add(fact(n));
    expect(await until(2)).toEqual([['fct_1'], ['fct_2', 'fct_3']]);
    expect({ size: box.size, holds: box.holds(({ serviceId }) => serviceId === 'svc_1') }).toEqual({
      size: 0,
      holds: false,
    });
  });

  it('are sent again, with the same ids, until they are acknowledged', async () => {
    const away = new ClosError('MODULE_UNAVAILABLE');
    const { box, until } = outbox((_ids, attempt) => (attempt < 4 ? away : null));
    box.add(fact(1));
    expect(box.holds(({ serviceId }) => serviceId === 'svc_1')).toBe(true);
    expect(await until(4)).toEqual([['fct_1'], ['fct_1'], ['fct_1'], ['fct_1']]);
    expect(box.size).toBe(0);
  });

  it('that the api will never take are left out, and hold up no other', async () => {
    const { box, until } = outbox((ids) => (ids.includes('fct_3') ? new ClosError('INVALID_INPUT') : null));
    for (const n of [1, 2, 3, 4]) box.add(fact(n));
    expect(await until(6)).toEqual([
      ['fct_1'],
      ['fct_2', 'fct_3', 'fct_4'],
      ['fct_2'],
      ['fct_3', 'fct_4'],
      ['fct_3'],
      ['fct_4'],
    ]);
    expect(box.size).toBe(0);
  });
});
