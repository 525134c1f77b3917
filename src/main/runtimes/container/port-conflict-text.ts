import { isIP } from 'node:net';
import type { Protocol } from './types.ts';

/** What a failure's text says about the port that is taken. Absent fields stood not in the text. */
export interface PortConflictText {
  address?: string;
  port?: number;
  protocol?: Protocol;
  /** `engine`: another container of the same engine holds it. `host`: something on the host does. */
  by: 'engine' | 'host';
}

const heldByEngine = [
  /port is already allocated/i,
  /all ports are allocated/i,
  // Podman machine: its forwarder serves the port for another container.
  /proxy already running/i,
];

const heldByHost = [
  /address already in use/i,
  /\bEADDRINUSE\b/i,
  // WSAEADDRINUSE, as text and as a code; the text is localised. A port of this number is not the code.
  /only one usage of each socket address/i,
  /(?<!\bports?\s)(?<![\w.:/-])10048(?=[)\]\s,]|:(?!\d)|$)/i,
  // WSAEACCES: the port lies in a range that Windows has reserved.
  /in a way forbidden by its access permissions/i,
  /(?<!\bports?\s)(?<![\w.:/-])10013(?=[)\]\s,]|:(?!\d)|$)/i,
  /\bHNS failed with error\s*:\s*the process cannot access the file/i,
  /slirp_add_hostfwd failed/i,
  /\bport \d{1,5} (?:is|was) (?:already )?in use\b/i,
  /\berrno (?:98|48)\b/i,
  /\bbind\(\) to \S+ failed \((?:98|48):/i,
];

/** Docker Desktop's heading; what follows it may also be a missing permission or an address that the host lacks. */
const desktopHeading = /ports are not available:/i;
const notTaken = /permission denied|cannot assign requested address/i;

/** Where the address and port stand, the most exact place first. */
const places: { pattern: RegExp; protocol?: number; endpoint: number }[] = [
  { pattern: /failed to bind (?:host )?port (?:for )?(\S+)/i, endpoint: 1 },
  { pattern: /exposing port (tcp|udp|sctp) (\S+)/i, protocol: 1, endpoint: 2 },
  { pattern: /\bbind for (\S+)/i, endpoint: 1 },
  { pattern: /\blisten (tcp|udp|sctp)[46]? (\S+)/i, protocol: 1, endpoint: 2 },
  { pattern: /\bbind\(\) to (\S+) failed/i, endpoint: 1 },
  { pattern: /EADDRINUSE: address already in use (\S+)/i, endpoint: 1 },
  { pattern: /\('([^']*)', (\d{1,5})\)/, endpoint: 0 },
  { pattern: /\bport (\d{1,5}) (?:is|was) (?:already )?in use\b/i, endpoint: 1 },
];

/**
 * Reads a failure's text as "the port is taken", or answers null when it says something else.
 *
 * Knows the texts of the Docker engine (old to 29), Docker Desktop, Windows, Podman and common servers. A missing permission (a
 * port below 1024) is not a conflict.
 */
export function parsePortConflict(text: string): PortConflictText | null {
  const byEngine = heldByEngine.some((pattern) => pattern.test(text));
  const byHost =
    heldByHost.some((pattern) => pattern.test(text)) || (desktopHeading.test(text) && !notTaken.test(text));
  if (!byEngine && !byHost) return null;
  return { ...findEndpoint(text), by: byEngine ? 'engine' : 'host' };
}

function findEndpoint(text: string): Omit<PortConflictText, 'by'> {
  for (const place of places) {
    const match = place.pattern.exec(text);
    if (match === null) continue;
    const said =
      place.endpoint === 0
        ? `${match[1]?.includes(':') ? `[${match[1]}]` : match[1]}:${match[2]}`
        : match[place.endpoint];
    const endpoint = parseEndpoint(said ?? '');
    if (endpoint === null) continue;
    const protocol = endpoint.protocol ?? (place.protocol === undefined ? undefined : match[place.protocol]);
    return {
      ...(endpoint.address === undefined ? {} : { address: endpoint.address }),
      port: endpoint.port,
      ...(protocol === undefined ? {} : { protocol: asProtocol(protocol) }),
    };
  }
  return {};
}

/**
 * Reads `0.0.0.0:80`, `:::80` (the address `::`), `[::]:80`, `:80`, `80`, each also with `/tcp`, or with the container's own
 * `:172.18.0.4:80` behind.
 */
function parseEndpoint(said: string): { address?: string; port: number; protocol?: string } | null {
  const match =
    /^(?:(?:\[([^\]]+)\]|([^\s[\]]*?)):)?(\d{1,5})(?::(?:\[[^\]]*\]|\d+\.\d+\.\d+\.\d+):\d+)?(?:\/(tcp|udp|sctp))?[:,;.]*$/i.exec(
      said,
    );
  if (match === null) return null;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return null;
  const bare = match[1] ?? match[2];
  const address = bare === undefined ? undefined : bare === '' || bare === '*' ? '0.0.0.0' : bare;
  return {
    ...(address !== undefined && isIP(address) !== 0 ? { address } : {}),
    port,
    ...(match[4] === undefined ? {} : { protocol: match[4] }),
  };
}

function asProtocol(said: string): Protocol {
  const lower = said.toLowerCase();
  return lower === 'udp' || lower === 'sctp' ? lower : 'tcp';
}
