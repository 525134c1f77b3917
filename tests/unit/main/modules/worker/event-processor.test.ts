import { afterEach, describe, expect, it } from 'vitest';
import type { Consumer, Effect } from '#main/modules/worker/events/consumer.ts';
import { EventProcessor } from '#main/modules/worker/events/event-processor.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Reaction } from '#shared/contract/internal.ts';
import { eventually } from '#tests/support/eventually.ts';

const processors: EventProcessor[] = [];

afterEach(async () => {
  for (const processor of processors.splice(0)) await processor.stop();
});

function event(seq: number, type = 'settings.changed'): ClosEvent {
  return {
    seq,
    type,
    version: 1,
    subject: { type: 'system', id: 'settings', name: null },
    actor: { type: 'key', id: 'key_1', name: 'owner' },
    cause: null,
    trace: null,
    time: '2026-01-01T00:00:00.000Z',
    data: {},
  };
}

const done: Effect = {
  type: 'delivery',
  event: { type: 'settings.changed', time: '2026-01-01T00:00:00.000Z' },
  attempt: 1,
  delivered: true,
  status: 204,
  reason: null,
  gone: false,
  at: '2026-01-01T00:00:00.000Z',
  nextAttemptAt: null,
};

function consumer(name: string, more: Partial<Consumer> = {}): Consumer & { got: number[] } {
  const got: number[] = [];
  return {
    name,
    seq: 0,
    generation: '1',
    types: null,
    wants: () => true,
    react: async ({ seq }) => {
      got.push(seq);
      return done;
    },
    got,
    ...more,
  };
}

/** A processor on a log in memory. */
function processorOf(log: ClosEvent[], consumers: Consumer[]) {
  const reports: Reaction[] = [];
  const errors: unknown[] = [];
  const processor = new EventProcessor({
    readConsumers: () => consumers,
    readEvents: ({ after, limit, types }) =>
      log.filter(({ seq, type }) => seq > after && types?.includes(type) !== false).slice(0, limit),
    report: (reaction) => reports.push(reaction),
    room: async () => undefined,
    recorded: async () => undefined,
    onError: (error) => errors.push(error),
  });
  processors.push(processor);
  return { processor, reports, errors };
}

const reaches = (list: readonly unknown[], count: number) =>
  eventually(
    async () => list.length,
    (length) => length >= count,
  );

describe('the event processor', () => {
  it('leads everybody through the log in order, from its own place, and none waits for another', async () => {
    const log = Array.from({ length: 250 }, (_value, index) => event(index + 1));
    const late = consumer('late', { seq: 240 });
    const quick = consumer('quick');
    const stuck = consumer('stuck', {
      react: (_event, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const { processor, reports } = processorOf(log, [stuck, late, quick]);
    processor.ring();
    await reaches(quick.got, 250);
    log.push(event(251));
    processor.ring();
    await reaches(quick.got, 251);

    expect(quick.got).toEqual(log.map(({ seq }) => seq));
    expect(late.got).toEqual([241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251]);
    expect(reports.filter((one) => one.consumer === 'late').map(({ id }) => id)[0]).toBe('late@241#1');
  });

  it('begins the event anew with a consumer that wants other things now', async () => {
    const log = [event(1), event(2)];
    const begun: number[] = [];
    const stuck = consumer('one', {
      react: ({ seq }, { signal }) => {
        begun.push(seq);
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const consumers: Consumer[] = [stuck];
    const { processor, reports, errors } = processorOf(log, consumers);
    processor.ring();
    await reaches(begun, 1);
    const changed = consumer('one', { generation: '2' });
    consumers[0] = changed;
    processor.ring();
    await reaches(changed.got, 2);

    expect([begun, changed.got, reports.map(({ seq }) => seq), errors]).toEqual([[1], [1, 2], [1, 2], []]);
  });

  it('ends with a consumer that is gone', async () => {
    const log = [event(1)];
    const one = consumer('one');
    const consumers: Consumer[] = [one];
    const { processor } = processorOf(log, consumers);
    processor.ring();
    await reaches(one.got, 1);
    consumers.pop();
    processor.ring();
    const other = consumer('other');
    consumers.push(other);
    log.push(event(2));
    processor.ring();
    await reaches(other.got, 2);

    expect([one.got, processor.size]).toEqual([[1], 1]);
  });

  it('moves the cursor over many events that nobody wanted', async () => {
    const log = Array.from({ length: 1201 }, (_value, index) => event(index + 1));
    const one = consumer('one', { wants: ({ seq }) => seq === 1201 });
    const { processor, reports } = processorOf(log, [one]);
    processor.ring();
    await reaches(one.got, 1);
    await reaches(reports, 3);

    expect(reports.map(({ seq, done: isDone, effect }) => [seq, isDone, effect?.attempt])).toEqual([
      [500, true, undefined],
      [1000, true, undefined],
      [1201, true, 1],
    ]);
  });

  it('goes on after a reaction that failed for a reason nobody thought of', async () => {
    let fails = 1;
    const log = [event(1), event(2)];
    const one = consumer('one', {
      react: async ({ seq }) => {
        if (fails-- > 0) throw new Error('a defect');
        one.got.push(seq);
        return done;
      },
    });
    const { processor, errors } = processorOf(log, [one]);
    processor.ring();
    await reaches(one.got, 2);

    expect([one.got, errors.map(String)]).toEqual([[1, 2], ['Error: a defect']]);
  });
});
