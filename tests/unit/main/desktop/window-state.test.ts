import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWindowState, visibleBounds, writeWindowState } from '#main/desktop/window-state.ts';

const primary = { x: 0, y: 25, width: 1920, height: 1055 };
const left = { x: -1280, y: 0, width: 1280, height: 1024 };

describe('the bounds of the window', () => {
  it.each([
    [
      'stay where they were',
      { x: 100, y: 100, width: 1000, height: 700 },
      { x: 100, y: 100, width: 1000, height: 700 },
    ],
    [
      'stay on a second display',
      { x: -1200, y: 50, width: 900, height: 600 },
      { x: -1200, y: 50, width: 900, height: 600 },
    ],
    [
      'move into the display they lie on',
      { x: 1700, y: 900, width: 900, height: 600 },
      { x: 1020, y: 480, width: 900, height: 600 },
    ],
    [
      'shrink to the display',
      { x: -1500, y: -10, width: 2000, height: 3000 },
      { x: -1280, y: 0, width: 1280, height: 1024 },
    ],
    [
      'are centred when their display is gone',
      { x: 5000, y: 0, width: 1000, height: 700 },
      { x: 460, y: 203, width: 1000, height: 700 },
    ],
    [
      'are centred when only a sliver would show',
      { x: 1900, y: 300, width: 800, height: 600 },
      { x: 560, y: 253, width: 800, height: 600 },
    ],
    ['are the usual ones at the first start', null, { x: 360, y: 153, width: 1200, height: 800 }],
    [
      'are not smaller than can be used',
      { x: 0, y: 25, width: 200, height: 100 },
      { x: 0, y: 25, width: 720, height: 480 },
    ],
  ])('%s', (_title, wanted, expected) => {
    expect(visibleBounds(wanted, [primary, left])).toEqual(expected);
  });
});

describe('the saved state of the window', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clos-window-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read back as it was written, and belongs to its owner alone', () => {
    const file = join(folder, 'new', 'desktop.json');
    const state = { bounds: { x: -5, y: 6, width: 700, height: 500 }, maximized: true };
    writeWindowState(file, state);
    expect(readWindowState(file)).toEqual(state);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'not json', '{"bounds":{"x":1}}', '{"bounds":{"x":1,"y":1,"width":0,"height":9},"maximized":false}'])(
    'counts as missing when the file holds %j',
    (text) => {
      const file = join(folder, 'desktop.json');
      writeFileSync(file, text);
      expect(readWindowState(file)).toBeNull();
    },
  );

  it('counts as missing when there is no file', () => {
    expect(readWindowState(join(folder, 'none.json'))).toBeNull();
  });
});
