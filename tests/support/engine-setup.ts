import type { TestProject } from 'vitest/node';
import { startEngine } from './engine.ts';

/** What a test learns of the engine that all tests of a run share: `inject('engine')`. */
export interface SharedEngine {
  socketPath: string;
  dockerHost: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    engine: SharedEngine;
  }
}

/** Starts one engine for a run of tests. Those that kill or restart an engine start their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = await startEngine();
  project.provide('engine', { socketPath: engine.socketPath, dockerHost: engine.dockerHost });
  return engine.stop;
}
