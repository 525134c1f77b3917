import { join } from 'node:path';
import { Menu, nativeImage, nativeTheme, Tray } from 'electron';
import { pathOf } from './links.ts';
import type { TrayView } from './tray-view.ts';

export interface TrayOptions {
  /** The folder with the glyphs that `tools/tray-icons.ts` draws. */
  iconsDir: string;
  open(path?: string): void;
  quit(): void;
}

/** The tray: one glyph, the same in words, and a short menu. The caller owns it and ends it with `destroy`. */
export function createTray(options: TrayOptions, first: TrayView): { show(view: TrayView): void; destroy(): void } {
  const { iconsDir, open, quit } = options;
  let view = first;

  /** macOS colours a template image itself; elsewhere the glyph is drawn for the theme. A file with @2x beside it serves both. */
  function image() {
    const theme = process.platform !== 'darwin' && nativeTheme.shouldUseDarkColors ? 'light' : 'dark';
    const count = view.count === 0 || process.platform === 'darwin' ? '' : `-${Math.min(view.count, 10)}`;
    const icon = nativeImage.createFromPath(join(iconsDir, `${view.glyph}${count}-${theme}.png`));
    if (process.platform === 'darwin') icon.setTemplateImage(true);
    return icon;
  }

  const tray = new Tray(image());
  const draw = () => {
    tray.setImage(image());
    tray.setToolTip(view.tooltip);
    if (process.platform === 'darwin') tray.setTitle(view.count === 0 ? '' : String(view.count));
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open CLOS', click: () => open() },
        { type: 'separator' },
        { label: view.conflictsLabel, click: () => open(pathOf('conflicts')) },
        { label: view.runningLabel, click: () => open(pathOf('services')) },
        { type: 'separator' },
        { label: 'Quit CLOS', click: quit },
      ]),
    );
  };
  tray.on('click', () => open());
  nativeTheme.on('updated', draw);
  draw();

  return {
    show(next) {
      if (JSON.stringify(next) === JSON.stringify(view)) return;
      view = next;
      draw();
    },
    destroy() {
      nativeTheme.removeListener('updated', draw);
      tray.destroy();
    },
  };
}
