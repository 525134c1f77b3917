import { describe, expect, it } from 'vitest';
import { chosenParts } from '../../../tools/lib/parts.ts';

describe('the parts of a test run', () => {
  it('are all, without arguments', () => {
    expect(chosenParts([])).toEqual(['unit', 'integration', 'e2e', 'faults']);
  });

  it('are those named, in the order in which they always run', () => {
    expect(chosenParts(['faults', 'unit'])).toEqual(['unit', 'faults']);
  });

  it('are refused by name when there is no such part', () => {
    expect(() => chosenParts(['unit', 'speed'])).toThrow(
      'There is no part speed. Name some of: unit, integration, e2e, faults; or none, to run all.',
    );
  });
});
