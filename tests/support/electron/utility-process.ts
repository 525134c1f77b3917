import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Part } from './part.ts';
import { type Frame, type MessagePortMain, PortLink } from './ports.ts';

const childHooks = new URL('./utility-child.ts', import.meta.url).href;

/** A utility process as a Node child process; message ports are carried over its channel. */
export class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess;
  readonly #link: PortLink;

  constructor(path: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    super();
    this.#child = fork(path, args, {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      execArgv: ['--import', childHooks],
    });
    this.#link = new PortLink((frame) => {
      if (this.#child.connected) this.#child.send(frame, () => undefined);
    }, 1);
    this.#child.on('message', (frame: Frame) => {
      const message = this.#link.receive(frame);
      if (message !== null) this.emit('message', message.data);
    });
    this.#child.once('spawn', () => this.emit('spawn'));
    this.#child.once('exit', (code) => {
      this.#link.end();
      this.emit('exit', code ?? 1);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  postMessage(message: unknown, transfer: MessagePortMain[] = []): void {
    this.#link.post(message, transfer);
  }

  kill(): boolean {
    return this.#child.kill();
  }
}
UtilityProcess.prototype satisfies Part<Electron.UtilityProcess, 'pid' | 'kill'>;

export const utilityProcess = {
  fork: (path: string, args: string[] = [], options: Electron.ForkOptions = {}) =>
    new UtilityProcess(path, args, { ...(options.env ?? process.env) }),
};
