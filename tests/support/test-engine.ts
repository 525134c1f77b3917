/** A real engine for tests, with the image `webImage` in it. */
export interface TestEngine {
  socketPath: string;
  /** The socket as `DOCKER_HOST` wants it. */
  dockerHost: string;
  /** Ours alone, so that it may be killed and restarted, and everything in it belongs to the tests. */
  isPrivate: boolean;
  /** Ends it with everything that runs in it; an engine that was found stays. */
  stop(): Promise<void>;
  /** Ends the engine at once, as a crash would; its containers go on. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, or stops and starts it. Data and socket stay the same. */
  restart(): Promise<void>;
}
