import { describe, expect, it } from 'vitest';
import { parseLsofFiles, parseLsofSockets } from '#main/host/macos/lsof-output.ts';
import { recordedOutput } from '../recorded-tools.ts';

describe('recorded output of lsof on macOS', () => {
  it('gives listeners and bound UDP sockets of both families, and no connected or unbound ones', () => {
    const sockets = parseLsofSockets(recordedOutput('macos/lsof-sockets.txt'));
    expect(sockets.map(({ pid, protocol, family, address, port }) => [pid, protocol, family, address, port])).toEqual([
      [354, 'udp', 4, '0.0.0.0', 5353],
      [354, 'udp', 6, '::', 5353],
      [354, 'udp', 6, 'fe80::aede:48ff:fe00:1122%4', 5353],
      [512, 'tcp', 4, '0.0.0.0', 7000],
      [512, 'tcp', 6, '::', 7000],
      [512, 'tcp', 4, '0.0.0.0', 5000],
      [512, 'tcp', 6, '::', 5000],
      [548, 'tcp', 4, '0.0.0.0', 49166],
      [1201, 'tcp', 6, '::', 8080],
      [1201, 'tcp', 4, '127.0.0.1', 5433],
      [2034, 'tcp', 6, '::1', 5432],
      [2034, 'tcp', 4, '127.0.0.1', 5432],
      [3100, 'tcp', 6, '::', 3000],
      [3101, 'tcp', 6, '::', 3000],
      [3155, 'tcp', 4, '127.0.0.1', 52331],
    ]);
  });

  it('gives the process with its user, the spaces of its name and the mark of the socket', () => {
    expect(parseLsofSockets(recordedOutput('macos/lsof-sockets.txt')).at(-1)).toEqual({
      pid: 3155,
      command: 'Code Helper (Plugin)',
      uid: 501,
      user: 'ada',
      protocol: 'tcp',
      family: 4,
      address: '127.0.0.1',
      port: 52331,
      device: '0x5b3cbe35f7da2cb1',
    });
  });

  it('reads a link-local address with the name of its interface', () => {
    const text = 'p7\ncx\nf3\ntIPv6\nPTCP\nn[fe80::1%lo0]:3000\nTST=LISTEN\n';
    expect(parseLsofSockets(text).map(({ address, user, uid }) => [address, user, uid])).toEqual([
      ['fe80::1%lo0', 'unknown', -1],
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a warning', "lsof: WARNING: can't stat() nfs file system /Volumes/old\n"],
    ['a file without a process', 'f3\ntIPv4\nPTCP\nn*:3000\nTST=LISTEN\n'],
    ['a service by its name', 'p7\nf3\ntIPv4\nPTCP\nn*:http-alt\nTST=LISTEN\n'],
    ['a TCP socket that does not listen', 'p7\nf3\ntIPv4\nPTCP\nn*:3000\nTST=CLOSED\n'],
    ['a port that is none', 'p7\nf3\ntIPv4\nPTCP\nn*:70000\nTST=LISTEN\n'],
    ['another kind of file', 'p7\nf3\ntunix\nn/tmp/x.sock:3000\n'],
    ['a pid that is none', 'px\nf3\ntIPv4\nPTCP\nn*:3000\nTST=LISTEN\n'],
  ])('passes over %s', (_, text) => {
    expect(parseLsofSockets(text)).toEqual([]);
  });

  it('gives folder and program of each process, and null for a folder that it may not see', () => {
    expect([...parseLsofFiles(recordedOutput('macos/lsof-files.txt'))]).toEqual([
      [512, { cwd: '/', executable: '/System/Library/CoreServices/ControlCenter.app/Contents/MacOS/ControlCenter' }],
      [
        1201,
        {
          cwd: '/Users/ada/Library/Containers/com.docker.docker/Data',
          executable: '/Applications/Docker.app/Contents/MacOS/com.docker.backend',
        },
      ],
      [
        2034,
        {
          cwd: '/opt/homebrew/var/postgresql@16',
          executable: '/opt/homebrew/Cellar/postgresql@16/16.4/bin/postgres',
        },
      ],
      [3100, { cwd: '/Users/ada/Code/café shop/web', executable: '/opt/homebrew/Cellar/node/24.1.0/bin/node' }],
      [
        3155,
        {
          cwd: null,
          executable:
            '/Applications/Visual Studio Code.app/Contents/Frameworks/Code Helper (Plugin).app/Contents/MacOS/Code Helper (Plugin)',
        },
      ],
    ]);
  });
});
