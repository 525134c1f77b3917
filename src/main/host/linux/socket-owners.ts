import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TimeSlice } from '../time-slice.ts';

interface Place {
  pid: number;
  fd: string;
}

/** Places remembered; a host has far fewer listeners, the bound is against a leak. */
const rememberedPlaces = 4096;

/**
 * Finds which process holds a socket, by the links in `/proc/<pid>/fd`.
 *
 * Reading links synchronously is ten times cheaper than through the thread pool, so the scan is synchronous in slices of 5 ms
 * and the event loop turns between them. Newest processes first, until every socket asked for is found; a found place is
 * remembered and proved again by one link the next time. Processes of other users are invisible without root.
 */
export class SocketOwners {
  readonly #procRoot: string;
  readonly #places = new Map<number, Place>();

  constructor(procRoot: string) {
    this.#procRoot = procRoot;
  }

  /**
   * The pid behind each inode that could be found. Where a socket was inherited, the outermost process that has it answers
   * (the one whose end frees the port together with its children), except pid 1, which may have opened it for a service.
   */
  async find(inodes: Iterable<number>): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const missing = new Map<string, number>();
    for (const inode of inodes) {
      if (inode <= 0) continue;
      const place = this.#places.get(inode);
      if (place !== undefined && this.#link(place.pid, place.fd) === `socket:[${inode}]`) found.set(inode, place.pid);
      else missing.set(`socket:[${inode}]`, inode);
    }
    if (missing.size > 0) await this.#scan(missing, found);
    return found;
  }

  async #scan(missing: Map<string, number>, found: Map<number, number>): Promise<void> {
    const slice = new TimeSlice();
    const held = new Map<number, Map<string, string>>();
    const pids = readdirSync(this.#procRoot)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => b - a);
    for (const pid of pids) {
      for (const [index, fd] of this.#fds(pid).entries()) {
        if (index % 64 === 0 && slice.spent) await slice.rest();
        const link = this.#link(pid, fd);
        const inode = link === null ? undefined : missing.get(link);
        if (link === null || inode === undefined) continue;
        missing.delete(link);
        const place = this.#outermost({ pid, fd }, link, held);
        found.set(inode, place.pid);
        this.#remember(inode, place);
        if (missing.size === 0) return;
      }
      if (slice.spent) await slice.rest();
    }
  }

  /** `held` remembers, for one scan, the sockets of the parents that were looked at. */
  #outermost(place: Place, link: string, held: Map<number, Map<string, string>>): Place {
    let best = place;
    for (let step = 0; step < 64; step++) {
      const parent = this.#parent(best.pid);
      if (parent === null || parent <= 1) return best;
      let links = held.get(parent);
      if (links === undefined) {
        links = new Map(this.#fds(parent).map((fd) => [this.#link(parent, fd) ?? '', fd]));
        held.set(parent, links);
      }
      const fd = links.get(link);
      if (fd === undefined) return best;
      best = { pid: parent, fd };
    }
    return best;
  }

  #remember(inode: number, place: Place): void {
    this.#places.delete(inode);
    this.#places.set(inode, place);
    if (this.#places.size <= rememberedPlaces) return;
    const oldest = this.#places.keys().next();
    if (!oldest.done) this.#places.delete(oldest.value);
  }

  #parent(pid: number): number | null {
    try {
      const stat = readFileSync(join(this.#procRoot, String(pid), 'stat'), 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return Number.isInteger(parent) ? parent : null;
    } catch {
      return null;
    }
  }

  // A process may end, or belong to someone else, between any two of these reads: that is an answer, not a failure.
  #fds(pid: number): string[] {
    try {
      return readdirSync(join(this.#procRoot, String(pid), 'fd'));
    } catch {
      return [];
    }
  }

  #link(pid: number, fd: string): string | null {
    try {
      return readlinkSync(`${this.#procRoot}/${pid}/fd/${fd}`);
    } catch {
      return null;
    }
  }
}
