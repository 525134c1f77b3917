import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findElectron, whyNoDisplay } from '../../../tools/lib/electron.ts';

describe('the display', () => {
  it('is missing on a Linux that names none', () => {
    const reason = 'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
    expect(whyNoDisplay({ platform: 'linux', env: {} })).toBe(reason);
    expect(whyNoDisplay({ platform: 'linux', env: { DISPLAY: '' } })).toBe(reason);
  });

  it('is there on X11, on Wayland and on other systems', () => {
    const surroundings = [
      { platform: 'linux', env: { DISPLAY: ':0' } },
      { platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' } },
      { platform: 'darwin', env: {} },
      { platform: 'win32', env: {} },
    ] as const;
    expect(surroundings.map(whyNoDisplay)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("Electron's program", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clos-electron-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is that of ELECTRON_OVERRIDE_DIST_PATH', () => {
    writeFileSync(join(folder, 'electron'), '');
    const env = { ELECTRON_OVERRIDE_DIST_PATH: folder };
    expect(findElectron({ platform: 'linux', env })).toBe(join(folder, 'electron'));
  });

  it('is not there in a folder without it', () => {
    expect(findElectron({ platform: 'linux', env: { ELECTRON_OVERRIDE_DIST_PATH: folder } })).toBeUndefined();
  });
});
