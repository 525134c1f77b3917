/**
 * Loaded before the desktop's main, in Electron and in the stand-in: keeps what cannot be asked of either afterwards, in
 * `globalThis.closDesktop`. Nothing behaves differently for it, except that no browser is opened.
 */
const { appendFileSync } = require('node:fs');
const electron = require('electron');

const record = { tooltip: null, menu: [], icon: null, notifications: [], opened: [], secondInstances: 0 };
globalThis.closDesktop = record;

/** What ended, in order. It is read when the process is gone, so it is kept in a file. */
const ended = (name) => appendFileSync(process.env.CLOS_TEST_TIMELINE, `${name}\n`);

const after = (target, method, note) => {
  const original = target[method];
  target[method] = function (...args) {
    const result = original.apply(this, args);
    note(args, this, result);
    return result;
  };
};

const { app, BrowserWindow, Menu, nativeImage, Notification, shell, Tray, utilityProcess } = electron;
const paths = new WeakMap();
after(nativeImage, 'createFromPath', ([path], _self, image) => paths.set(image, path));
after(Tray.prototype, 'setImage', ([image]) => {
  record.icon = { file: paths.get(image), empty: image.isEmpty() };
});
after(Tray.prototype, 'setToolTip', ([text]) => {
  record.tooltip = text;
});
after(Tray.prototype, 'destroy', () => ended('tray'));
const windows = new WeakSet();
after(BrowserWindow.prototype, 'show', (_args, self) => {
  if (windows.has(self)) return;
  windows.add(self);
  self.once('closed', () => ended('window'));
});
const templates = new WeakMap();
after(Menu, 'buildFromTemplate', ([template], _self, menu) => templates.set(menu, template));
after(Tray.prototype, 'setContextMenu', ([menu]) => {
  record.menu = templates.get(menu).filter((item) => item.type !== 'separator');
});
after(Notification.prototype, 'show', (_args, self) => record.notifications.push(self));
shell.openExternal = async (url) => {
  record.opened.push(url);
};
after(utilityProcess, 'fork', ([path], _self, child) => {
  const name = path.split(/[\\/]/).pop().split('.')[0];
  // A module that was started again has not ended for good.
  child.once('exit', (code) => code === 0 && ended(name));
});
app.on('second-instance', () => {
  record.secondInstances += 1;
});
app.on('quit', () => ended('quit'));
