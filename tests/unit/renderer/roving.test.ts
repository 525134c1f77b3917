import { describe, expect, it } from 'vitest';
import { nextCell } from '#renderer/lib/roving.ts';

/** Two lines of three and two cells of 50 px, and a third with one at the right. */
const cells = [
  { left: 0, right: 50, top: 0 },
  { left: 50, right: 100, top: 0 },
  { left: 100, right: 150, top: 0 },
  { left: 0, right: 50, top: 20 },
  { left: 60, right: 110, top: 20 },
  { left: 100, right: 150, top: 80 },
];

describe('The arrow keys in a map', () => {
  it('go through the cells in their order, and stay at the ends', () => {
    expect(nextCell(cells, 0, 'ArrowRight')).toBe(1);
    expect(nextCell(cells, 3, 'ArrowLeft')).toBe(2);
    expect(nextCell(cells, 0, 'ArrowLeft')).toBeNull();
    expect(nextCell(cells, 5, 'ArrowRight')).toBeNull();
  });

  it('go up and down to the cell of the next line whose middle is nearest', () => {
    expect(nextCell(cells, 2, 'ArrowDown')).toBe(4);
    expect(nextCell(cells, 0, 'ArrowDown')).toBe(3);
    expect(nextCell(cells, 3, 'ArrowDown')).toBe(5);
    expect(nextCell(cells, 5, 'ArrowUp')).toBe(4);
    expect(nextCell(cells, 0, 'ArrowUp')).toBeNull();
    expect(nextCell(cells, 5, 'ArrowDown')).toBeNull();
  });

  it('leave the ends to Home and End, and every other key alone', () => {
    expect(nextCell(cells, 3, 'Home')).toBe(0);
    expect(nextCell(cells, 3, 'End')).toBe(5);
    expect(nextCell(cells, 3, 'Enter')).toBeNull();
    expect(nextCell([], -1, 'ArrowDown')).toBeNull();
  });
});
