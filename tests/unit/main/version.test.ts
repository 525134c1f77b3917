import { expect, it } from 'vitest';
import { whyNodeIsTooOld } from '#main/version.ts';

it('takes Node 22.12 and newer, and says what to do on an older one', () => {
  expect(['22.12.0', '22.20.1', '24.21.0', '100.0.0'].map(whyNodeIsTooOld)).toEqual([null, null, null, null]);
  expect(['20.20.2', '22.11.9', '18.0.0'].map(whyNodeIsTooOld)).toEqual(
    ['20.20.2', '22.11.9', '18.0.0'].map((version) => expect.stringContaining(`this is ${version}.`)),
  );
});
