import { expect, it } from 'vitest';
import { shareLooks } from '#main/host/share-looks.ts';

/** Looks that end when they are told to. */
function looks() {
  const begun: Array<PromiseWithResolvers<number>> = [];
  const shared = shareLooks(() => {
    const look = Promise.withResolvers<number>();
    begun.push(look);
    return look.promise;
  });
  return { begun, shared };
}

it('gives those that come during a look the next one, together', async () => {
  const { begun, shared } = looks();
  const [first, second, third] = [shared(), shared(), shared()];
  expect(begun.length).toBe(1);
  begun[0]?.resolve(1);
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(begun.length).toBe(2);
  begun[1]?.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  const fourth = shared();
  begun[2]?.resolve(3);
  expect([await fourth, begun.length]).toEqual([3, 3]);
});

it('goes on after a look that failed', async () => {
  const { begun, shared } = looks();
  const [first, second] = [shared(), shared()];
  begun[0]?.reject(new Error('no answer'));
  await expect(first).rejects.toThrow('no answer');
  await Promise.resolve();
  begun[1]?.resolve(2);
  expect(await second).toBe(2);
});
