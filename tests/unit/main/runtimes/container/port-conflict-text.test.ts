import { describe, expect, it } from 'vitest';
import { parsePortConflict } from '#main/runtimes/container/port-conflict-text.ts';

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
    [
      'HNS failed with error : The process cannot access the file because it is being used by another process.',
      { by: 'host' },
    ],
    // Podman.
    [
      'cannot listen on the TCP port: listen tcp4 :5984: bind: address already in use',
      { address: '0.0.0.0', port: 5984, protocol: 'tcp', by: 'host' },
    ],
    ['error from slirp4netns: map[desc:bad request: add_hostfwd: slirp_add_hostfwd failed]', { by: 'host' }],
    ['something went wrong with the request: "proxy already running\\n"', { by: 'engine' }],
    // Programs.
    ['Error: listen EADDRINUSE: address already in use :::3000', { address: '::', port: 3000, by: 'host' }],
    [
      'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000',
      { address: '127.0.0.1', port: 3000, by: 'host' },
    ],
    ['⚠ Port 3000 is in use by process 3597, using available port 3004 instead.', { port: 3000, by: 'host' }],
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
    [''],
  ])('says something else: %s', (text) => {
    expect(parsePortConflict(text)).toBeNull();
  });
});
