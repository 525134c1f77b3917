import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';

/** A bridge of one test engine, with addresses that no interface of this machine has. */
export interface Bridge {
  name: string;
  /** The containers' addresses on the bridge, as `10.213.7.0/24`. */
  subnet: string;
  /** Where the engine takes the addresses of further networks from. */
  pool: string;
}

const attempts = 50;

/**
 * Makes a bridge. Several test engines may run on one machine at once, so its number is drawn; the kernel refuses a second
 * bridge of one name, which settles a race. Needs root and `ip`.
 */
export function addBridge(): Bridge {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map((a) => a.address) ?? []);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const number = randomInt(1, 250);
    const name = `closbr${number}`;
    if (taken.some((address) => address.startsWith(`10.213.${number}.`))) continue;
    try {
      ip('link', 'add', 'name', name, 'type', 'bridge');
    } catch (error) {
      if (error instanceof Error && error.message.includes('File exists')) continue;
      throw error;
    }
    ip('addr', 'add', `10.213.${number}.1/24`, 'dev', name);
    ip('link', 'set', name, 'up');
    return { name, subnet: `10.213.${number}.0/24`, pool: poolOf(number) };
  }
  throw new Error(`No free bridge after ${attempts} attempts. Leftovers show with: ip -br link | grep closbr`);
}

/**
 * Room for 8 networks of 509 addresses each, from 10.214.16.0 to 10.229.159.255, so that no two engines share one. An engine of
 * 20.10 loses about one address for each start that is cut off, and 300 kills cut off many.
 */
function poolOf(number: number): string {
  return `10.${214 + Math.floor(number / 16)}.${(number % 16) * 16}.0/20`;
}

/** Removes a bridge; content when there is none. */
export function removeBridge(name: string): void {
  try {
    ip('link', 'del', name);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Cannot find device'))) throw error;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
