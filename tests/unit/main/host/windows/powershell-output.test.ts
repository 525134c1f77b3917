import { describe, expect, it } from 'vitest';
import {
  parseAnswer,
  parseDynamicRange,
  parseExcludedRanges,
  splitCommandLine,
} from '#main/host/windows/powershell-output.ts';
import { recordedOutput } from '../recorded-tools.ts';

describe('recorded output of PowerShell on Windows', () => {
  it('gives the sockets of both families and protocols', () => {
    const answer = parseAnswer(recordedOutput('windows/owners.json'));
    expect(
      answer?.sockets.map(({ pid, protocol, family, address, port }) => [pid, protocol, family, address, port]),
    ).toEqual([
      [9321, 'tcp', 6, '::', 3000],
      [9321, 'tcp', 4, '0.0.0.0', 3000],
      [9500, 'tcp', 6, '::1', 8080],
      [5120, 'tcp', 4, '0.0.0.0', 8080],
      [4, 'tcp', 4, '0.0.0.0', 80],
      [4, 'tcp', 6, 'fe80::1c3a:77ff:fe01:2b3c%12', 139],
      [1044, 'tcp', 4, '0.0.0.0', 135],
      [1044, 'udp', 4, '0.0.0.0', 5353],
      [7777, 'udp', 6, '::1', 1900],
    ]);
  });

  it('gives the processes with their start to the microsecond, and the boot', () => {
    const answer = parseAnswer(`\uFEFF${recordedOutput('windows/owners.json')}\r\n`);
    expect(answer?.bootId).toBe('87');
    expect(answer?.processes.get(9321)).toEqual({
      pid: 9321,
      ppid: 9310,
      name: 'node',
      executable: 'C:\\Program Files\\nodejs\\node.exe',
      commandLine: '"C:\\Program Files\\nodejs\\node.exe"  "C:\\Users\\ada\\my shop\\server.js" --token=abc',
      startedAt: Date.UTC(2025, 10, 24, 8, 54, 21) * 1000 + 456_789,
      user: 'DESKTOP-7Q2\\ada',
    });
    expect(answer?.processes.get(4100)?.startedAt).toBe(Date.UTC(2025, 10, 24, 7, 1, 0) * 1000 + 500_000);
    expect(answer?.processes.get(0)).toMatchObject({ name: 'System Idle Process', startedAt: null, user: null });
  });

  it('takes one thing alone, nothing, and a wrapped list for lists', () => {
    const socket = { LocalAddress: '::1', LocalPort: 3000, OwningProcess: 7 };
    const text = JSON.stringify({
      Tcp: socket,
      Udp: { value: [socket], Count: 1 },
      Processes: null,
      Users: [],
      BootId: null,
    });
    expect(parseAnswer(text)).toEqual({
      sockets: [
        { protocol: 'tcp', family: 6, address: '::1', port: 3000, pid: 7 },
        { protocol: 'udp', family: 6, address: '::1', port: 3000, pid: 7 },
      ],
      processes: new Map(),
      bootId: '',
    });
  });

  it.each(['', 'Get-NetTCPConnection : Zugriff verweigert', '[]', 'null', '{"Tcp":"no"}'])(
    'does not take %j for an answer',
    (text) => {
      expect(parseAnswer(text)).toBeNull();
    },
  );
});

describe('recorded output of netsh on Windows', () => {
  it('gives the excluded ranges in any language', () => {
    expect(parseExcludedRanges(recordedOutput('windows/excluded-tcp.txt'), 'tcp')).toEqual([
      { protocol: 'tcp', from: 1337, to: 1436 },
      { protocol: 'tcp', from: 5357, to: 5357 },
      { protocol: 'tcp', from: 50000, to: 50059 },
    ]);
    const german = recordedOutput('windows/excluded-tcp-german.txt').replaceAll('\n', '\r\n');
    expect(parseExcludedRanges(german, 'tcp')).toEqual([{ protocol: 'tcp', from: 50000, to: 50059 }]);
    expect(parseExcludedRanges(recordedOutput('windows/excluded-udp.txt'), 'udp')).toEqual([]);
  });

  it('gives the dynamic range in any language, and null for anything else', () => {
    expect(parseDynamicRange(recordedOutput('windows/dynamic-tcp-german.txt').replaceAll('\n', '\r\n'))).toEqual({
      from: 49152,
      to: 65535,
    });
    expect([parseDynamicRange(''), parseDynamicRange('The system cannot find the file: 2')]).toEqual([null, null]);
  });
});

describe('a command line of Windows', () => {
  it.each([
    ['node server.js', ['node', 'server.js']],
    [
      '"C:\\Program Files\\nodejs\\node.exe"  "my shop\\a.js" --x',
      ['C:\\Program Files\\nodejs\\node.exe', 'my shop\\a.js', '--x'],
    ],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['a "" b', ['a', '', 'b']],
    ['a b\\\\c "d\\\\" e', ['a', 'b\\\\c', 'd\\', 'e']],
    ['a \\"b\\" c', ['a', '"b"', 'c']],
    ['a "he said \\"hi\\""', ['a', 'he said "hi"']],
    ['a x"y z"w', ['a', 'xy zw']],
    ['"unclosed program', ['unclosed program']],
    ['   ', []],
    ['', []],
  ])('%j has the arguments %j', (line, expected) => {
    expect(splitCommandLine(line)).toEqual(expected);
  });
});
