import {
  type BrowserWindow,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  MessageChannelMain,
  shell,
} from 'electron';
import type { Backend } from './backend.ts';
import { ipcChannels } from './ipc-channels.ts';
import { appOrigin, mayOpenExternally } from './links.ts';

export interface IpcOptions {
  window: () => BrowserWindow | null;
  backend: Backend;
  websocketAddress: () => Promise<string>;
  log: { warn(message: string): void };
}

/**
 * Answers the preload of our window, and nobody else: a message counts only from the top frame of `clos://app`.
 *
 * Each window that connects gets its own channel to the api, and a new one when the api has been restarted. `dispose` takes
 * every listener away again.
 */
export function installIpc({ window, backend, websocketAddress, log }: IpcOptions): { dispose(): void } {
  const trusted = ({ senderFrame }: IpcMainEvent | IpcMainInvokeEvent): boolean => {
    const frame = window()?.webContents.mainFrame;
    const ours = senderFrame !== null && senderFrame === frame && senderFrame.url.startsWith(`${appOrigin}/`);
    if (!ours) log.warn(`A message from ${senderFrame?.url ?? 'a frame that is gone'} was refused.`);
    return ours;
  };

  function connect(): void {
    const contents = window()?.webContents;
    if (contents === undefined || contents.isDestroyed()) return;
    const { port1, port2 } = new MessageChannelMain();
    backend.attach(port1);
    contents.postMessage(ipcChannels.channel, null, [port2]);
  }

  const onConnect = (event: IpcMainEvent) => {
    if (trusted(event)) connect();
  };
  const onOpen = (event: IpcMainEvent, url: unknown) => {
    if (!trusted(event) || typeof url !== 'string') return;
    if (mayOpenExternally(url)) void shell.openExternal(url);
    else log.warn(`A window asked for a page that is not opened from here: ${url.slice(0, 200)}`);
  };

  ipcMain.on(ipcChannels.connect, onConnect);
  ipcMain.on(ipcChannels.open, onOpen);
  ipcMain.handle(ipcChannels.websocket, (event) => {
    if (!trusted(event)) throw new Error('Refused.');
    return websocketAddress();
  });
  backend.onApi((up) => {
    if (up) connect();
    else window()?.webContents.send(ipcChannels.gone);
  });

  return {
    dispose() {
      ipcMain.removeListener(ipcChannels.connect, onConnect);
      ipcMain.removeListener(ipcChannels.open, onOpen);
      ipcMain.removeHandler(ipcChannels.websocket);
    },
  };
}
