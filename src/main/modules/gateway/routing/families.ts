import type { RoutingTarget } from '../../../database/routing.ts';

/**
 * Where programs listen that were told a port: `localhost` means either family to them, so one that nobody answers for on 127.0.0.1
 * may be on ::1. One that has answered on 127.0.0.1 in this run is not: who is on ::1 then is somebody else.
 */
export class Families {
  /** For each service the run, by when it began, that has answered on 127.0.0.1. */
  readonly #onFour = new Map<string, string>();

  answered({ service, statusSince }: RoutingTarget, host: string): void {
    if (host === '127.0.0.1') this.#onFour.set(service.id, statusSince);
  }

  /** True if a request that nobody took at `host` may be tried on ::1. */
  mayBeOnSix({ service, statusSince, conflictId }: RoutingTarget, host: string): boolean {
    return host === '127.0.0.1' && conflictId === null && this.#onFour.get(service.id) !== statusSince;
  }
}
