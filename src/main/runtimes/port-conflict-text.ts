import { isIP } from 'node:net';

/** What a failure's text says about the port that is taken. Absent fields stood not in the text. */
export interface PortConflictText {
  address?: string;
  port?: number;
  protocol?: 'tcp' | 'udp' | 'sctp';
  /** `engine`: another container of the same engine holds it. `host`: something on the host does. */
  by: 'engine' | 'host';
  /** The process that holds it, where the text names it. */
  pid?: number;
  /** The program did not give up: the port that it takes instead, or null where it takes one and does not say which. */
  instead?: number | null;
}

const heldByEngine = [
  /port is already allocated/i,
  /all ports are allocated/i,
  // Podman machine: its forwarder serves the port for another container.
  /something went wrong with the request:.*proxy already running/i,
];

/** "Port 3000 is in use", in the words of many programs; the number may follow a colour or an adjective. */
const portInUse =
  /\bport:? (\d{1,5})\b[^\n\w]{0,4}(?:(?:is|was) )?(?:already |currently )*(?:in use\b|being used\b|taken\b|occupied\b)/i;

const heldByHost = [
  /\baddress(?: \S+:\d{1,5})? (?:is )?already in use/i,
  /\bEADDRINUSE\b/i,
  /\bAddrInUse\b/,
  portInUse,
  /\bis port \d{1,5} in use\?/i,
  /\bport (?:is|was|may be|might be) already (?:in use|being used)\b|\bport may already be in use\b/i,
  /\balready (?:running|listening) (?:on|at) port:? \d{1,5}\b/i,
  /\banother \w+ server running on port:? \d{1,5}\b/i,
  /\bunable to find an available port \(tried \d{1,5}\b/i,
  /\bconnection in use: \('/i,
  // Linux 98, macOS 48, in the forms that programs give them.
  /\berrno[ =:]{1,3}(?:98|48)\b/i,
  /\bos error (?:98|48|10048)\b/i,
  /\bbind\(\) to \S+ failed \((?:98|48):/i,
  // WSAEADDRINUSE, as text and as a code; the text is localised. A port of this number is not the code.
  /only one usage of each socket address/i,
  /(?<!\bports?\s)(?<![\w.:/-])10048(?=[)\]\s,]|:(?!\d)|$)/i,
  /\(0x2740\)/i,
  // WSAEACCES: the port lies in a range that Windows has reserved.
  /in a way forbidden by its access permissions/i,
  /(?<!\bports?\s)(?<![\w.:/-])10013(?=[)\]\s,]|:(?!\d)|$)/i,
  /\(0x271d\)/i,
  // Windows containers: the same as ERROR_SHARING_VIOLATION, whose text is localised too.
  /\b(?:HNS failed with error\s*:|hnsCall failed in Win32:)\s*(?:the process cannot access the file|the specified port already exists|.*\(0x20\)|.*\(0x803b0013\))/i,
  /slirp_add_hostfwd failed/i,
];

/**
 * Go prints the error of Windows without its code, in the language of the machine: 10048 and 10013 in the languages that users of
 * engines have reported them in.
 */
const heldByHostElsewhere = [
  'darf jede Socketadresse',
  'Zugriff auf einen Socket war aufgrund der Zugriffsrechte',
  'seule utilisation de chaque adresse de socket',
  "tentative d'accès à un socket de manière interdite",
  'permite un uso de cada dirección de socket',
  'acceso a un socket no permitido por sus permisos',
  'utilizzo di ogni indirizzo di socket',
  'uma utilização de cada endereço de soquete',
  'только одно использование адреса сокета',
  'доступа к сокету методом, запрещенным правами',
  '各ソケット アドレスに対して',
  'アクセス許可で禁じられた方法でソケットに',
  '每个套接字地址',
  '访问权限不允许的方式做了一个访问套接字',
  '각 소켓 주소',
].map((text) => text.toLowerCase());

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
  { pattern: /EADDRINUSE:? address already in use,? (\S+)/i, endpoint: 1 },
  { pattern: /\('([^']*)', (\d{1,5})\)/, endpoint: 0 },
  // Ruby: `bind(2) for "127.0.0.1" port 3000`; Dart: `address = 127.0.0.1, port = 8080`.
  { pattern: /\bbind\(2\) for "([^"]*)" port (\d{1,5})/i, endpoint: 0 },
  { pattern: /\baddress = ([^\s,]+), port = (\d{1,5})/i, endpoint: 0 },
  { pattern: /\bbind\(2\) for (\S+)/i, endpoint: 1 },
  { pattern: /\b(tcp) listening socket (\S+)/i, protocol: 1, endpoint: 2 },
  { pattern: /\bfailed to (?:listen on|bind to)(?: address)? (?:https?:\/\/|\/)?(\S+)/i, endpoint: 1 },
  { pattern: /\b(?:could not|cannot) bind (?:to address )?(\S+:\d{1,5})\b/i, endpoint: 1 },
  { pattern: /\baddress already in use\)? \[(\S+:\d{1,5})\]/i, endpoint: 1 },
  { pattern: /\baddress already in use:? \/?(\S*:\d{1,5})\b/i, endpoint: 1 },
  { pattern: /\baddress (\S+:\d{1,5}) (?:is )?already in use/i, endpoint: 1 },
  { pattern: portInUse, endpoint: 1 },
  { pattern: /\bis port (\d{1,5}) in use\?/i, endpoint: 1 },
  { pattern: /\b(?:running|listen|listening) (?:on|at) port:? (\d{1,5})\b/i, endpoint: 1 },
  { pattern: /\bavailable port \(tried (\d{1,5})\b/i, endpoint: 1 },
];

/** The colours and links that programs put around words of their output. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character
const escapes = /\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;

/**
 * Reads a failure's text, or a line of a program's output, as "the port is taken"; null when it says something else.
 *
 * Knows the texts of the Docker engine (old to 29), Docker Desktop, Windows, Podman, and of common servers and dev servers. Some of
 * these go on with another port (`instead`): for them the line is a notice, not the end. A missing permission (a port below 1024) is
 * not a conflict.
 */
export function parsePortConflict(text: string): PortConflictText | null {
  const plain = text.replace(escapes, '');
  const lower = plain.toLowerCase();
  const byEngine = heldByEngine.some((pattern) => pattern.test(plain));
  const byHost =
    heldByHost.some((pattern) => pattern.test(plain)) ||
    heldByHostElsewhere.some((part) => lower.includes(part)) ||
    (desktopHeading.test(plain) && !notTaken.test(plain));
  if (!byEngine && !byHost) return null;
  return { ...findEndpoint(plain), by: byEngine ? 'engine' : 'host', ...findConsequence(plain) };
}

/** Who holds it, and what the program does about it. */
function findConsequence(text: string): Pick<PortConflictText, 'pid' | 'instead'> {
  const pid = /\bin use by process (\d{1,10})\b/i.exec(text)?.[1];
  const other =
    /\b(?:using|trying|will use|switching to)(?: available| alternative| another)? (?:port )?(\d{1,5})\b(?![.:]\d)/i.exec(
      text,
    )?.[1];
  const goesOn =
    other !== undefined || /\b(?:trying|using|finding) (?:another|the next|a different|a free)\b/i.test(text);
  return {
    ...(pid === undefined ? {} : { pid: Number(pid) }),
    ...(goesOn ? { instead: other === undefined ? null : Number(other) } : {}),
  };
}

function findEndpoint(text: string): Pick<PortConflictText, 'address' | 'port' | 'protocol'> {
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
  return findAddress(text);
}

/** PostgreSQL names the address alone: `could not bind IPv4 address "127.0.0.1": …`. */
function findAddress(text: string): Pick<PortConflictText, 'address'> {
  const address = /\bbind IPv[46] address "([^"]+)"/i.exec(text)?.[1];
  return address !== undefined && isIP(address) !== 0 ? { address } : {};
}

/**
 * Reads `0.0.0.0:80`, `:::80` (the address `::`), `[::]:80`, `*:80`, `:80`, `80`, each also with `/tcp`, or with the container's own
 * `:172.18.0.4:80` behind.
 */
function parseEndpoint(said: string): { address?: string; port: number; protocol?: string } | null {
  const match =
    /^(?:(?:\[([^\]]+)\]|([^\s[\]]*?)):)?(\d{1,5})(?::(?:\[[^\]]*\]|\d+\.\d+\.\d+\.\d+):\d+)?(?:\/(tcp|udp|sctp))?[:,;.)]*$/i.exec(
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

function asProtocol(said: string): 'tcp' | 'udp' | 'sctp' {
  const lower = said.toLowerCase();
  return lower === 'udp' || lower === 'sctp' ? lower : 'tcp';
}
