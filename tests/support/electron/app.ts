import { EventEmitter } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from './part.ts';

/** An event that a listener can prevent, as Electron's are. */
export function preventable(): { preventDefault(): void; readonly defaultPrevented: boolean } {
  let prevented = false;
  return {
    preventDefault() {
      prevented = true;
    },
    get defaultPrevented() {
      return prevented;
    },
  };
}

export interface ClosableWindow {
  /** False if a listener kept it open. */
  tryClose(): boolean;
}

const windows = new Set<ClosableWindow>();
const enders: Array<() => Promise<void>> = [];

/** What must end with the application, such as the browser. */
export function atEnd(end: () => Promise<void>): void {
  enders.push(end);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

class App extends EventEmitter {
  #paths = new Map<string, string>();
  #leaving = false;

  whenReady(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  getPath(name: string): string {
    return this.#paths.get(name) ?? join(tmpdir(), `clos-stand-in-${process.pid}`);
  }

  enableSandbox(): void {
    // Chromium's own sandbox cannot be used by root; what it keeps from the page, a page of the stand-in has not.
  }

  /** One per folder of user data. A second instance tells the first with a signal. */
  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const file = join(folder, 'stand-in.lock');
    mkdirSync(folder, { recursive: true });
    for (;;) {
      try {
        const handle = openSync(file, 'wx');
        writeSync(handle, String(process.pid));
        closeSync(handle);
        break;
      } catch {
        const owner = Number(readFileSync(file, 'utf8'));
        if (alive(owner)) {
          process.kill(owner, 'SIGUSR2');
          return false;
        }
        rmSync(file);
      }
    }
    process.on('exit', () => rmSync(file, { force: true }));
    process.on('SIGUSR2', () => this.emit('second-instance', preventable(), [], ''));
    return true;
  }

  quit(): void {
    if (this.#leaving) return;
    const event = preventable();
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of [...windows]) if (!window.tryClose()) return;
    this.emit('will-quit', preventable());
    this.exit(0);
  }

  exit(code = 0): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.emit('quit', {}, code);
    void Promise.allSettled(enders.map((end) => end())).then(() => process.exit(code));
  }
}
App.prototype satisfies Part<
  Electron.App,
  'whenReady' | 'setPath' | 'getPath' | 'enableSandbox' | 'requestSingleInstanceLock' | 'quit' | 'exit'
>;

export const app = new App();

export function windowOpened(window: ClosableWindow): void {
  windows.add(window);
}

export function windowClosed(window: ClosableWindow): void {
  windows.delete(window);
  if (windows.size === 0) app.emit('window-all-closed');
}
