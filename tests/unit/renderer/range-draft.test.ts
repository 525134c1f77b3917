import { describe, expect, it } from 'vitest';
import { checkRanges, newRange, rangeCommands, rangeDrafts } from '#renderer/features/ports/range-draft.ts';

const ranges = [
  { name: 'web', first: 3000, last: 3099 },
  { name: 'apis', first: 4000, last: 4999 },
];

describe('The ranges as they are typed', () => {
  it('become the request that the contract knows', () => {
    expect(checkRanges(rangeDrafts(ranges))).toEqual({ items: ranges });
  });

  it('are refused at the fields that are wrong', () => {
    const [web, apis] = rangeDrafts(ranges);
    if (web === undefined || apis === undefined) throw new Error('two were given');
    expect(
      checkRanges([
        { ...web, first: '3100' },
        { ...apis, first: '3050' },
        { ...newRange(), name: 'apis', first: '70000', last: '' },
      ]),
    ).toEqual({ errors: { 'items.2.first': 'a port, 1 to 65535', 'items.2.last': 'a port, 1 to 65535' } });
    expect(
      checkRanges([
        { ...web, first: '3100' },
        { ...apis, first: '3050', last: '3099' },
        { ...newRange(), name: 'apis', first: '1', last: '2' },
      ]),
    ).toEqual({
      errors: {
        'items.0.last': 'must be at least 3100',
        'items.2.name': '"apis" stands here twice',
      },
    });
    expect(checkRanges([web, { ...apis, first: '3050' }])).toEqual({
      errors: { 'items.1.first': 'shares ports with "web" (3000-3099)' },
    });
    expect(checkRanges([])).toEqual({ errors: { items: expect.any(String) } });
  });

  it('say as commands only what changes', () => {
    const [web] = rangeDrafts(ranges);
    if (web === undefined) throw new Error('one was given');
    expect(rangeCommands(ranges, rangeDrafts(ranges))).toEqual([]);
    expect(
      rangeCommands(ranges, [
        { ...web, last: '3199' },
        { ...newRange(), name: 'demos', first: '6000', last: '6009' },
      ]),
    ).toEqual([
      'clos ports rm-range apis',
      'clos ports set-range web 3000-3199',
      'clos ports set-range demos 6000-6009',
    ]);
  });
});
