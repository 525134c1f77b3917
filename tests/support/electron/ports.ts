import { EventEmitter } from 'node:events';
import type { Part } from './part.ts';

/** One end of a message channel, here or standing for one that was given to another process. */
export class MessagePortMain extends EventEmitter {
  #peer: MessagePortMain | null = null;
  #started = false;
  #closed = false;
  #queue: unknown[] = [];
  /** Where messages go that arrive at an end which lives elsewhere. */
  #forward: ((data: unknown) => void) | null = null;

  static pair(): [MessagePortMain, MessagePortMain] {
    const [a, b] = [new MessagePortMain(), new MessagePortMain()];
    a.#peer = b;
    b.#peer = a;
    return [a, b];
  }

  postMessage(message: unknown): void {
    const peer = this.#peer;
    if (peer !== null && !this.#closed) peer.#arrive(structuredClone(message));
  }

  start(): void {
    this.#started = true;
    for (const data of this.#queue.splice(0)) this.#deliver(data);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const peer = this.#peer;
    queueMicrotask(() => {
      this.emit('close');
      peer?.close();
    });
  }

  /** This end moves away: what arrives is handed to `forward`. */
  moveTo(forward: (data: unknown) => void): void {
    this.#forward = forward;
    this.start();
  }

  #arrive(data: unknown): void {
    if (this.#started) this.#deliver(data);
    else this.#queue.push(data);
  }

  #deliver(data: unknown): void {
    if (this.#closed) return;
    if (this.#forward !== null) this.#forward(data);
    else queueMicrotask(() => this.emit('message', { data, ports: [] }));
  }
}
MessagePortMain.prototype satisfies Part<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>;

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    [this.port1, this.port2] = MessagePortMain.pair();
  }
}

/** What crosses a boundary between processes: messages with the numbers of ports, and the ports' own messages. */
export type Frame =
  | { kind: 'message'; data: unknown; ports: number[] }
  | { kind: 'port'; port: number; data: unknown }
  | { kind: 'closed'; port: number };

/** Carries messages and ports over a boundary that knows neither. Ports that one side sends have odd, the other's even numbers. */
export class PortLink {
  readonly #send: (frame: Frame) => void;
  readonly #remote = new Map<number, (data: unknown) => void>();
  readonly #close = new Map<number, () => void>();
  #nextId: number;

  constructor(send: (frame: Frame) => void, firstId: 1 | 2) {
    this.#send = send;
    this.#nextId = firstId;
  }

  post(data: unknown, ports: readonly MessagePortMain[] = []): void {
    const ids = ports.map((port) => {
      const id = this.#nextId;
      this.#nextId += 2;
      port.moveTo((message) => this.#send({ kind: 'port', port: id, data: message }));
      port.once('close', () => this.#send({ kind: 'closed', port: id }));
      this.#remote.set(id, (message) => port.postMessage(message));
      this.#close.set(id, () => port.close());
      return id;
    });
    this.#send({ kind: 'message', data, ports: ids });
  }

  /** Takes a frame from the other side; a message comes back with its ports, which are ready to be used here. */
  receive(frame: Frame): { data: unknown; ports: MessagePortMain[] } | null {
    if (frame.kind === 'port') {
      this.#remote.get(frame.port)?.(frame.data);
      return null;
    }
    if (frame.kind === 'closed') {
      this.#close.get(frame.port)?.();
      return null;
    }
    const ports = frame.ports.map((id) => {
      const [near, far] = MessagePortMain.pair();
      far.moveTo((message) => this.#send({ kind: 'port', port: id, data: message }));
      far.once('close', () => this.#send({ kind: 'closed', port: id }));
      this.#remote.set(id, (message) => far.postMessage(message));
      this.#close.set(id, () => far.close());
      return near;
    });
    return { data: frame.data, ports };
  }

  /** The other side has ended, and its ports with it. */
  end(): void {
    for (const close of this.#close.values()) close();
    this.#close.clear();
    this.#remote.clear();
  }
}
