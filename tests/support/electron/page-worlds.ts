/**
 * The two scripts of a page: one in the page's own world, which can make nothing but what the preload exposes, and one in a world
 * of its own, in which the preload runs as in Electron's sandbox. Both are turned into text, so they use nothing of this file.
 */

/** In the page's world. `token` names the events that both worlds share; the page's scripts cannot know it. */
function pageWorld(token: string): void {
  if (window !== window.top) return;
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const parse = (event: Event) => JSON.parse((event as CustomEvent<string>).detail);
  let last = 0;
  document.addEventListener(`${token}-expose`, (event) => {
    const { name, values, functions } = parse(event);
    const api: Record<string, unknown> = { ...values };
    for (const key of functions) {
      api[key] = (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const id = ++last;
          pending.set(id, { resolve, reject });
          const detail = JSON.stringify({ id, key, args });
          document.dispatchEvent(new CustomEvent(`${token}-call`, { detail }));
        });
    }
    Object.defineProperty(window, name, { value: Object.freeze(api), enumerable: true });
  });
  document.addEventListener(`${token}-answer`, (event) => {
    const { id, value, error } = parse(event);
    const call = pending.get(id);
    pending.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
  });
}

interface WorldOptions {
  token: string;
  argv: string[];
}

type Preload = (...commonJs: [(name: string) => unknown, { argv: string[] }, object, object]) => void;

/** In the preload's world. `closSend` is a binding that exists only there. */
function preloadWorld({ token, argv }: WorldOptions, preload: Preload): void {
  if (window !== window.top) return;
  const send = (frame: unknown) =>
    (globalThis as unknown as { closSend(text: string): void }).closSend(JSON.stringify(frame));
  const parse = (event: Event) => JSON.parse((event as CustomEvent<string>).detail);
  const listeners = new Map<string, Array<(event: { ports: MessagePort[] }, ...args: unknown[]) => void>>();
  const ports = new Map<number, MessagePort>();
  const invocations = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;

  const ipcRenderer = {
    on(channel: string, listener: (event: { ports: MessagePort[] }, ...args: unknown[]) => void) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
    },
    send: (channel: string, ...args: unknown[]) => send({ kind: 'send', channel, args }),
    invoke: (channel: string, ...args: unknown[]) =>
      new Promise((resolve, reject) => {
        invocations.set(++last, { resolve, reject });
        send({ kind: 'invoke', id: last, channel, args });
      }),
  };
  const contextBridge = {
    exposeInMainWorld(name: string, api: Record<string, unknown>) {
      const functions = Object.keys(api).filter((key) => typeof api[key] === 'function');
      const values = Object.fromEntries(Object.entries(api).filter(([key]) => !functions.includes(key)));
      const answer = (detail: object) =>
        document.dispatchEvent(new CustomEvent(`${token}-answer`, { detail: JSON.stringify(detail) }));
      document.addEventListener(`${token}-call`, (event) => {
        const { id, key, args } = parse(event);
        const member = api[key] as (...args: unknown[]) => unknown;
        Promise.resolve()
          .then(() => member(...args))
          .then(
            (value) => answer({ id, value }),
            (error: Error) => answer({ id, error: error.message }),
          );
      });
      const detail = JSON.stringify({ name, values, functions });
      document.dispatchEvent(new CustomEvent(`${token}-expose`, { detail }));
    },
  };

  Object.defineProperty(globalThis, 'closReceive', {
    value: (text: string) => {
      const frame = JSON.parse(text);
      if (frame.kind === 'port') ports.get(frame.port)?.postMessage(frame.data);
      else if (frame.kind === 'closed') ports.get(frame.port)?.close();
      else if (frame.kind === 'answer') {
        const call = invocations.get(frame.id);
        invocations.delete(frame.id);
        if (frame.error === undefined) call?.resolve(frame.value);
        else call?.reject(new Error(frame.error));
      } else {
        const given = frame.ports.map((id: number) => {
          const { port1, port2 } = new MessageChannel();
          ports.set(id, port2);
          port2.onmessage = ({ data }) => send({ kind: 'port', port: id, data });
          return port1;
        });
        const [channel, ...args] = frame.data;
        for (const listener of listeners.get(channel) ?? []) listener({ ports: given }, ...args);
      }
    },
  });

  const modules: Record<string, unknown> = { electron: { ipcRenderer, contextBridge } };
  const require = (name: string) => {
    if (modules[name] === undefined) throw new Error(`A sandboxed preload cannot load ${name}.`);
    return modules[name];
  };
  preload(require, { argv }, { exports: {} }, {});
}

export function pageWorldSource(token: string): string {
  return `(${pageWorld})(${JSON.stringify(token)})`;
}

/** `preload` is the text of the built preload, a CommonJS module. */
export function preloadWorldSource(options: WorldOptions, preload: string): string {
  const body = `function (require, process, module, exports) {\n${preload}\n}`;
  return `(${preloadWorld})(${JSON.stringify(options)}, ${body})`;
}

/** The names that the preload's world offers, for the test that compares them with what the preload uses. */
export const preloadMembers: Record<string, readonly string[]> = {
  IpcRenderer: ['on', 'send', 'invoke'],
  ContextBridge: ['exposeInMainWorld'],
};
