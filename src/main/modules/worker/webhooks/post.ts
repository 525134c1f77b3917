import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attempt } from '#shared/contract/webhooks.ts';
import { hostOf, refuseAddress } from '../../../http/outbound-address.ts';
import { answerOf, reasonOf } from '../answer-of.ts';
import { retryAfterMs } from './retry.ts';
import { signedHeaders } from './signature.ts';

export interface Post {
  url: string;
  secret: string;
  /** The id of the delivery. */
  id: string;
  body: string;
}

export interface PostOptions {
  /** The ports of CLOS itself; null while they are not known. */
  ownPorts(): Promise<ReadonlySet<number> | null>;
  timeoutMs: number;
  signal: AbortSignal;
  /** Asks for the addresses of a name, as this machine resolves it unless given. */
  resolve?: (host: string) => Promise<LookupAddress[]>;
}

/** What came of it, and for how long the receiver, if it is overloaded, asks to be left alone. */
export interface PostOutcome extends Attempt {
  retryAfterMs: number | null;
}

const resolveHere = (host: string) => lookup(host, { all: true });

function failed(reason: string): PostOutcome {
  return { delivered: false, status: null, reason, retryAfterMs: null };
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** The addresses of a host. Null when there are none, or not in time. */
async function addressesOf(
  host: string,
  { timeoutMs, signal, resolve = resolveHere }: PostOptions,
): Promise<LookupAddress[] | null> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const found = resolve(host).catch(() => null);
  return Promise.race([found, pause(timeoutMs, null, { signal, ref: false }).catch(() => null)]);
}

/** Connects to these addresses and no others, whatever the name resolves to a moment later. */
function pinnedTo(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/**
 * Posts once. Never rejects; is over within the timeout.
 *
 * The name is resolved here, every address it has is checked, and only those are connected to. Of the answer the status and
 * `Retry-After` are looked at and nothing else; a redirect is a failure.
 */
export async function post({ url, secret, id, body }: Post, options: PostOptions): Promise<PostOutcome> {
  const { timeoutMs, signal } = options;
  const deadline = performance.now() + timeoutMs;
  const target = new URL(url);
  const ownPorts = await options.ownPorts();
  if (ownPorts === null) return failed('CLOS is still starting.');
  const addresses = await addressesOf(hostOf(target), options);
  if (addresses === null || addresses.length === 0) return failed('The name could not be resolved.');
  for (const { address } of addresses) {
    const refusal = refuseAddress(address, portOf(target), ownPorts);
    if (refusal !== null) return failed(refusal);
  }
  const answer = await answerOf({
    origin: target.origin,
    method: 'POST',
    path: target.pathname + target.search,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'clos-webhook',
      ...signedHeaders({ id, body, secret, seconds: Math.floor(Date.now() / 1000) }),
    },
    body,
    timeoutMs: Math.max(1, deadline - performance.now()),
    lookup: pinnedTo(addresses),
    signal,
  });
  if (answer instanceof Error) return failed(reasonOf(answer, timeoutMs));
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { delivered: true, status, reason: null, retryAfterMs: null };
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return {
    delivered: false,
    status,
    reason: `The answer was HTTP ${status}${redirect}.`,
    retryAfterMs: status === 429 || status === 503 ? retryAfterMs(retryAfter, Date.now()) : null,
  };
}
