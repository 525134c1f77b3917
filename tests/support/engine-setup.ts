import type { TestProject } from 'vitest/node';
import { startEngine } from './engine.ts';

/** What a test learns of the engine that all tests of a run share: `inject('engine')`. */
export interface SharedEngine {
  /** False only under `CLOS_TEST_ENGINE=optional`; then the socket is one that is not there. */
  present: boolean;
  socketPath: string;
  dockerHost: string;
}

const absent: SharedEngine = {
  present: false,
  socketPath: '/nonexistent/engine.sock',
  dockerHost: 'unix:///nonexistent/engine.sock',
};

declare module 'vitest' {
  interface ProvidedContext {
    engine: SharedEngine;
  }
}

/**
 * Starts one engine for a run of tests. Those that kill or restart an engine start their own.
 *
 * With `CLOS_TEST_ENGINE=optional` a machine without an engine may run what needs none, such as the desktop on macOS and Windows;
 * a test that does need one skips itself and says why.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const engine = await startEngine();
    project.provide('engine', { present: true, socketPath: engine.socketPath, dockerHost: engine.dockerHost });
    return engine.stop;
  } catch (error) {
    if (process.env.CLOS_TEST_ENGINE !== 'optional') throw error;
    process.stdout.write(`No container engine: ${error instanceof Error ? error.message : String(error)}\n`);
    project.provide('engine', absent);
    return () => Promise.resolve();
  }
}
