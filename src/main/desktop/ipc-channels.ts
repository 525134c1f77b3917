/** The messages between main and the preload, beside the message channel that carries the requests. */
export const ipcChannels = {
  /** preload → main: the window wants a channel to the api. */
  connect: 'clos:connect',
  /** main → preload, with a port: send requests here from now on. */
  channel: 'clos:channel',
  /** main → preload: the channel's other end is gone. */
  gone: 'clos:gone',
  /** main → preload: show this page. */
  show: 'clos:show',
  /** preload → main, answered: where the live connection is opened. */
  websocket: 'clos:websocket',
  /** preload → main: open this in the browser. */
  open: 'clos:open',
} as const;
export type IpcChannels = typeof ipcChannels;
