import { describe, expect, it } from 'vitest';
import { parsePortConflict } from '#main/runtimes/port-conflict-text.ts';

const endpoint = 'driver failed programming external connectivity on endpoint web (0f4c2a):';

describe('the text of a failure that means "the port is taken"', () => {
  it.each([
    // Another container of the same engine.
    [
      `${endpoint} Bind for 0.0.0.0:8080 failed: port is already allocated`,
      { address: '0.0.0.0', port: 8080, by: 'engine' },
    ],
    [`${endpoint} Bind for :::10000 failed: port is already allocated`, { address: '::', port: 10_000, by: 'engine' }],
    [
      `${endpoint} Bind for [::1]:10000 failed: port is already allocated`,
      { address: '::1', port: 10_000, by: 'engine' },
    ],
    [
      `${endpoint} Bind for ::1:10000 failed: port is already allocated`,
      { address: '::1', port: 10_000, by: 'engine' },
    ],
    [
      `${endpoint} BIND FOR 127.0.0.1:80 FAILED: PORT IS ALREADY ALLOCATED`,
      { address: '127.0.0.1', port: 80, by: 'engine' },
    ],
    [`${endpoint} all ports are allocated`, { by: 'engine' }],
    // A program on the host, engine 29, 28, 27, 26 and before.
    [
      `${endpoint} failed to bind host port 0.0.0.0:8003/tcp: address already in use`,
      { address: '0.0.0.0', port: 8003, protocol: 'tcp', by: 'host' },
    ],
    [
      `${endpoint} failed to bind host port for 0.0.0.0:35300:172.18.0.4:35300/tcp: address already in use`,
      { address: '0.0.0.0', port: 35_300, protocol: 'tcp', by: 'host' },
    ],
    [
      `${endpoint} failed to bind host port for [::]:8080:[fd00::2]:80/udp: address already in use`,
      { address: '::', port: 8080, protocol: 'udp', by: 'host' },
    ],
    [
      `${endpoint} failed to bind port 127.0.0.1:8003/tcp: Error starting userland proxy: listen tcp4 127.0.0.1:8003: bind: address already in use`,
      { address: '127.0.0.1', port: 8003, protocol: 'tcp', by: 'host' },
    ],
    [
      `${endpoint} Error starting userland proxy: listen tcp4 0.0.0.0:8001: bind: address already in use`,
      { address: '0.0.0.0', port: 8001, protocol: 'tcp', by: 'host' },
    ],
    [
      `${endpoint} Error starting userland proxy: listen udp 127.0.0.1:5353: bind: address already in use`,
      { address: '127.0.0.1', port: 5353, protocol: 'udp', by: 'host' },
    ],
    [
      `${endpoint} Error starting userland proxy: Bind for 0.0.0.0:8080: unexpected error (Failure EADDRINUSE)`,
      { address: '0.0.0.0', port: 8080, by: 'host' },
    ],
    // Docker Desktop.
    [
      'ports are not available: exposing port TCP 127.0.0.1:12434 -> 127.0.0.1:0: listen tcp4 127.0.0.1:12434: bind: address already in use',
      { address: '127.0.0.1', port: 12_434, protocol: 'tcp', by: 'host' },
    ],
    [
      'Ports are not available: listen tcp 0.0.0.0:3000: bind: Normalerweise darf jede Socketadresse nur jeweils einmal verwendet werden.',
      { address: '0.0.0.0', port: 3000, protocol: 'tcp', by: 'host' },
    ],
    // Windows: codes and English texts.
    [
      'listen tcp 0.0.0.0:80: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.',
      { address: '0.0.0.0', port: 80, protocol: 'tcp', by: 'host' },
    ],
    [
      'listen tcp 0.0.0.0:50080: bind: An attempt was made to access a socket in a way forbidden by its access permissions.',
      { address: '0.0.0.0', port: 50_080, protocol: 'tcp', by: 'host' },
    ],
    ['SocketException (10048): Une seule utilisation de chaque adresse de socket', { by: 'host' }],
    ['[WinError 10013] Der Zugriff auf einen Socket war unzulässig', { by: 'host' }],
    ['WSAEADDRINUSE 10048', { by: 'host' }],
    ['bind() returned an error: (0x2740)', { by: 'host' }],
    ...[
      'Normalerweise darf jede Socketadresse (Protokoll, Netzwerkadresse oder Anschluss) nur jeweils einmal verwendet werden.',
      'Une seule utilisation de chaque adresse de socket (protocole/adresse réseau/port) est habituellement autorisée.',
      'Solo se permite un uso de cada dirección de socket (protocolo/dirección de red/puerto)',
      'Обычно разрешается только одно использование адреса сокета (протокол/сетевой адрес/порт).',
      '通常每个套接字地址(协议/网络地址/端口)只允许使用一次。',
      '以一种访问权限不允许的方式做了一个访问套接字的尝试。',
      'Der Zugriff auf einen Socket war aufgrund der Zugriffsrechte des Sockets unzulässig.',
    ].map((said): [string, object] => [
      `Error starting userland proxy: listen tcp4 0.0.0.0:3000: bind: ${said}`,
      { address: '0.0.0.0', port: 3000, protocol: 'tcp', by: 'host' },
    ]),
    [
      'HNS failed with error : The process cannot access the file because it is being used by another process.',
      { by: 'host' },
    ],
    [
      'failed to create endpoint db on network nat: hnsCall failed in Win32: O arquivo já está sendo usado por outro processo. (0x20).',
      { by: 'host' },
    ],
    ['hnsCall failed in Win32: The specified port already exists. (0x803b0013)', { by: 'host' }],
    // Podman.
    [
      'cannot listen on the TCP port: listen tcp4 :5984: bind: address already in use',
      { address: '0.0.0.0', port: 5984, protocol: 'tcp', by: 'host' },
    ],
    [
      'rootlessport listen tcp [::1]:8080: bind: address already in use',
      { address: '::1', port: 8080, protocol: 'tcp', by: 'host' },
    ],
    ["Failed to bind port 8080 (Address already in use) for option '-t 8080'", { port: 8080, by: 'host' }],
    ['error from slirp4netns: map[desc:bad request: add_hostfwd: slirp_add_hostfwd failed]', { by: 'host' }],
    ['something went wrong with the request: "proxy already running\\n"', { by: 'engine' }],
    // Programs.
    ['Error: listen EADDRINUSE: address already in use :::3000', { address: '::', port: 3000, by: 'host' }],
    [
      'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000',
      { address: '127.0.0.1', port: 3000, by: 'host' },
    ],
    [
      '⚠ Port 3000 is in use by process 3597, using available port 3004 instead.',
      { port: 3000, by: 'host', pid: 3597, instead: 3004 },
    ],
    [' ⚠ Port 3000 is in use, trying 3001 instead.', { port: 3000, by: 'host', instead: 3001 }],
    ['Port 5173 is in use, trying another one...', { port: 5173, by: 'host', instead: null }],
    [
      '\u001b[33mPort \u001b[1m5173\u001b[22m is in use, trying another one...\u001b[39m',
      { port: 5173, by: 'host', instead: null },
    ],
    [
      '[get-port] Unable to find an available port (tried 3000 on host "localhost"). Using alternative port 3001.',
      { port: 3000, by: 'host', instead: 3001 },
    ],
    ['The port 8888 is already in use, trying another port.', { port: 8888, by: 'host', instead: null }],
    ['Something is already running on port 3000.', { port: 3000, by: 'host' }],
    ["Port 4200 is already in use. Use '--port' to specify a different port.", { port: 4200, by: 'host' }],
    ['Port 5173 is already in use', { port: 5173, by: 'host' }],
    ['Web server failed to start. Port 8080 was already in use.', { port: 8080, by: 'host' }],
    ['OSError: [Errno 98] Address already in use', { by: 'host' }],
    ['OSError: [Errno 48] Address already in use', { by: 'host' }],
    [
      "[Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
      { address: '127.0.0.1', port: 8000, by: 'host' },
    ],
    [
      "[Errno 98] error while attempting to bind on address ('::1', 8000): address already in use",
      { address: '::1', port: 8000, by: 'host' },
    ],
    [
      'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)',
      { address: '0.0.0.0', port: 80, by: 'host' },
    ],
    ['nginx: [emerg] bind() to [::]:80 failed (98: Unknown error)', { address: '::', port: 80, by: 'host' }],
    [
      'nginx: [emerg] bind() to 0.0.0.0:80 failed (48: Die Adresse wird bereits verwendet)',
      { address: '0.0.0.0', port: 80, by: 'host' },
    ],
    [
      'Address already in use - bind(2) for "127.0.0.1" port 3000 (Errno::EADDRINUSE)',
      { address: '127.0.0.1', port: 3000, by: 'host' },
    ],
    ['Address already in use - bind(2) for 0.0.0.0:3000', { address: '0.0.0.0', port: 3000, by: 'host' }],
    [
      '2026/01/02 03:04:05 listen tcp :8080: bind: address already in use',
      { address: '0.0.0.0', port: 8080, protocol: 'tcp', by: 'host' },
    ],
    [
      'called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: "Address already in use" }',
      { by: 'host' },
    ],
    ['Err: Os { code: 10048, kind: AddrInUse, message: "…" }', { by: 'host' }],
    ['Error: error binding to 0.0.0.0:3000: Address in use (os error 48)', { by: 'host' }],
    [
      '[Fri Jan  2 03:04:05 2026] Failed to listen on localhost:8000 (reason: Address already in use)',
      { port: 8000, by: 'host' },
    ],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', { address: '127.0.0.1', by: 'host' }],
    ['LOG:  could not bind IPv6 address "::1": Address already in use', { address: '::1', by: 'host' }],
    [
      'HINT:  Is another postmaster already running on port 5432? If not, wait a few seconds and retry.',
      { port: 5432, by: 'host' },
    ],
    [
      '# Could not create server TCP listening socket *:6379: bind: Address already in use',
      { address: '0.0.0.0', port: 6379, protocol: 'tcp', by: 'host' },
    ],
    [
      '# Warning: Could not create server TCP listening socket ::1:6379: bind: Address already in use',
      { address: '::1', port: 6379, protocol: 'tcp', by: 'host' },
    ],
    ["[ERROR] Can't start server: Bind on TCP/IP port: Address already in use", { by: 'host' }],
    ['[ERROR] Do you already have another mysqld server running on port: 3306 ?', { port: 3306, by: 'host' }],
    ['Caused by: java.net.BindException: Address already in use', { by: 'host' }],
    ['java.net.BindException: Address already in use: bind', { by: 'host' }],
    [
      'io.netty.channel.unix.Errors$NativeIoException: bind(..) failed: Address already in use: /0.0.0.0:8080',
      { address: '0.0.0.0', port: 8080, by: 'host' },
    ],
    [
      'The Tomcat connector configured to listen on port 8080 failed to start. The port may already be in use',
      { port: 8080, by: 'host' },
    ],
    [
      'Failed to bind to address http://127.0.0.1:5000: address already in use.',
      { address: '127.0.0.1', port: 5000, by: 'host' },
    ],
    [
      '(98)Address already in use: AH00072: make_sock: could not bind to address [::]:80',
      { address: '::', port: 80, by: 'host' },
    ],
    [
      '[ALERT] Starting frontend web: cannot bind socket (Address already in use) [0.0.0.0:80]',
      { address: '0.0.0.0', port: 80, by: 'host' },
    ],
    ["Connection in use: ('0.0.0.0', 8000)", { address: '0.0.0.0', port: 8000, by: 'host' }],
    ['Error: That port is already in use.', { by: 'host' }],
    [
      '[error] Running Shop.Endpoint with cowboy 2.9 at http failed, port 4000 already in use',
      { port: 4000, by: 'host' },
    ],
    ['error: Failed to start server. Is port 3000 in use?', { port: 3000, by: 'host' }],
    ['AddrInUse: Address already in use (os error 98)', { by: 'host' }],
    [
      'SocketException: Failed to create server socket (OS Error: Address already in use, errno = 98), address = 127.0.0.1, port = 8080',
      { address: '127.0.0.1', port: 8080, by: 'host' },
    ],
    ['[dev server] Address 127.0.0.1:3000 already in use.', { address: '127.0.0.1', port: 3000, by: 'host' }],
  ])('%s', (text, expected) => {
    expect(parsePortConflict(text)).toEqual(expected);
  });

  it.each([
    [`${endpoint} Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: permission denied`],
    [
      'ports are not available: exposing port TCP 0.0.0.0:80 -> 127.0.0.1:0: listen tcp 0.0.0.0:80: bind: permission denied',
    ],
    [
      'ports are not available: exposing port TCP 10.1.2.3:80 -> 127.0.0.1:0: listen tcp4 10.1.2.3:80: bind: cannot assign requested address',
    ],
    [`${endpoint} failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: permission denied`],
    ['listen tcp 0.0.0.0:10048: bind: permission denied'],
    ['invalid port 10013: no such container'],
    ['The process cannot access the file because it is being used by another process.'],
    ['No such image: port-in-use:1'],
    ['network clos-network not found'],
    ['volume is in use'],
    ['http-proxy: proxy already running'],
    ['Server running on port 3000'],
    ['GET /?port=3000 98 - 48 ms'],
    ['hnsCall failed in Win32: The parameter is incorrect. (0x57)'],
    ['Error: connect ECONNREFUSED 127.0.0.1:5432'],
    [''],
  ])('says something else: %s', (text) => {
    expect(parsePortConflict(text)).toBeNull();
  });
});
