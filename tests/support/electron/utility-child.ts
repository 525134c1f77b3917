/** Loaded before a module in a utility process of the stand-in: gives it `process.parentPort`. */
import { EventEmitter } from 'node:events';
import { type Frame, type MessagePortMain, PortLink } from './ports.ts';

const link = new PortLink((frame) => {
  if (process.connected) process.send?.(frame, undefined, undefined, () => undefined);
}, 2);

/** Messages wait until somebody listens. */
class ParentPort extends EventEmitter {
  #waiting: Array<{ data: unknown; ports: MessagePortMain[] }> | null = [];

  constructor() {
    super();
    this.on('newListener', (event) => {
      if (event !== 'message') return;
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      queueMicrotask(() => {
        for (const message of waiting) this.emit('message', message);
      });
    });
  }

  postMessage(message: unknown): void {
    link.post(message);
  }

  arrive(message: { data: unknown; ports: MessagePortMain[] }): void {
    if (this.#waiting === null) this.emit('message', message);
    else this.#waiting.push(message);
  }
}

const parentPort = new ParentPort();
Object.defineProperty(process, 'parentPort', { value: parentPort });
process.on('message', (frame: Frame) => {
  const message = link.receive(frame);
  if (message !== null) parentPort.arrive(message);
});
process.on('disconnect', () => parentPort.emit('close'));
