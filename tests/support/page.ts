import { setTimeout as delay } from 'node:timers/promises';

/**
 * The page of a service that has just been started: its port is there before its program answers, so a connection that is refused
 * or closed is no answer yet.
 */
export async function pageOf(url: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url);
    } catch {
      await delay(20);
    }
  }
}
