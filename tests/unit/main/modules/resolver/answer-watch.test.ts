import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ConnectResult } from '#main/host/connect-probe.ts';
import { type AnswerWatch, createAnswerWatch } from '#main/modules/resolver/answer-watch.ts';

let said: ConnectResult;
let asked: string[];
let changed: string[];
let watch: AnswerWatch;

const web = { id: 'svc_web', endpoints: [{ address: '0.0.0.0', port: 3000 }] };

beforeEach(() => {
  vi.useFakeTimers();
  said = 'refused';
  asked = [];
  changed = [];
  watch = createAnswerWatch({
    probe: async ({ address, port }) => {
      asked.push(`${address}:${port}`);
      return said;
    },
    onChange: (id) => changed.push(id),
    timing: { firstMs: 100, secondMs: 10, againMs: 50 },
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it('finds a service silent when its port refuses twice, and tells what was tried', async () => {
  watch.setServices([web]);
  await vi.advanceTimersByTimeAsync(100);
  expect([asked, watch.silence('svc_web', 3000)]).toEqual([['127.0.0.1:3000'], null]);

  await vi.advanceTimersByTimeAsync(10);
  expect(watch.silence('svc_web', 3000)).toBe('127.0.0.1:3000 was asked twice: the connection was refused');
  expect(changed).toEqual(['svc_web']);
});

it('takes it back as soon as the port answers, and asks no more', async () => {
  watch.setServices([web]);
  await vi.advanceTimersByTimeAsync(110);
  said = 'accepted';
  await vi.advanceTimersByTimeAsync(50);
  expect([watch.silence('svc_web', 3000), changed]).toEqual([null, ['svc_web', 'svc_web']]);

  const before = asked.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBe(before);
});

it.each<ConnectResult>(['accepted', 'silent'])(
  'asks once what is %s: it is a connection that the program sees',
  async (answer) => {
    said = answer;
    watch.setServices([web]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([asked, changed]).toEqual([['127.0.0.1:3000'], []]);
  },
);

it('forgets a service that does not run any more, and begins anew when it runs again', async () => {
  watch.setServices([web]);
  await vi.advanceTimersByTimeAsync(110);
  watch.setServices([]);
  expect(watch.silence('svc_web', 3000)).toBeNull();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBe(2);

  watch.setServices([web]);
  await vi.advanceTimersByTimeAsync(99);
  expect(asked.length).toBe(2);
});
