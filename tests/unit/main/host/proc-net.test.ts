import { describe, expect, it } from 'vitest';
import { markV6Only, parseSocketLines } from '#main/host/linux/proc-net.ts';
import { recorded } from './recorded.ts';

describe('the kernel table of sockets', () => {
  it('gives the IPv4 listeners and notices that connections follow', () => {
    expect(parseSocketLines(recorded('tcp'), { protocol: 'tcp', family: 4, ports: null })).toEqual({
      rows: [
        { protocol: 'tcp', family: 4, address: '127.0.0.1', port: 3000, inode: 24829, v6only: null, uid: 0 },
        { protocol: 'tcp', family: 4, address: '0.0.0.0', port: 8080, inode: 24830, v6only: null, uid: 1000 },
      ],
      inodes: [24829, 24830, 24837, 24836],
      pastListeners: true,
    });
  });

  it('gives the IPv6 listeners in their short form, IPv4 in IPv6 clothes included', () => {
    expect(parseSocketLines(recorded('tcp6'), { protocol: 'tcp', family: 6, ports: null })).toEqual({
      rows: [
        { protocol: 'tcp', family: 6, address: '::', port: 9000, inode: 24833, v6only: null, uid: 0 },
        { protocol: 'tcp', family: 6, address: 'fd00::2', port: 9002, inode: 24835, v6only: null, uid: 0 },
        { protocol: 'tcp', family: 6, address: '::', port: 8080, inode: 24831, v6only: null, uid: 0 },
        { protocol: 'tcp', family: 6, address: '::1', port: 5432, inode: 24832, v6only: null, uid: 0 },
        { protocol: 'tcp', family: 6, address: '::ffff:127.0.0.1', port: 9001, inode: 24834, v6only: null, uid: 0 },
      ],
      inodes: [24833, 24835, 24831, 24832, 24834],
      pastListeners: false,
    });
  });

  it('gives bound UDP sockets and leaves out connected ones', () => {
    expect(parseSocketLines(recorded('udp'), { protocol: 'udp', family: 4, ports: null })).toEqual({
      rows: [{ protocol: 'udp', family: 4, address: '127.0.0.1', port: 5353, inode: 24838, v6only: null, uid: 0 }],
      inodes: [24838, 24840],
      pastListeners: false,
    });
  });

  it.each([
    ['B80D0120000000000000000001000000', '2001:db8::1'],
    ['00000000000000000000000000000000', '::'],
    ['00000100000000000000000000000000', '1::'],
    ['000080FE00000000FF00FC00010000FE', 'fe80::fc:ff:fe00:1'],
    // The longest run of zeros is shortened, of two equal ones the first, a single zero never.
    ['00000120010000000000000001000000', '2001:0:0:1::1'],
    ['00000120010000000000010001000000', '2001::1:1:0:0:1'],
    ['B80D0120010000000100010001000100', '2001:db8:0:1:1:1:1:1'],
  ])('spells the IPv6 address %s as %s', (hex, address) => {
    const line = `   0: ${hex}:0050 ${'0'.repeat(32)}:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1\n`;
    expect(parseSocketLines(line, { protocol: 'tcp', family: 6, ports: null }).rows.map((row) => row.address)).toEqual([
      address,
    ]);
  });

  it('gives only the ports that are asked for', () => {
    const kind = { protocol: 'tcp', family: 4, ports: new Set([8080]) } as const;
    expect(parseSocketLines(recorded('tcp'), kind).rows.map(({ port }) => port)).toEqual([8080]);
  });

  it('passes over lines that make no sense', () => {
    const text =
      'sl local\n\n 0: zz:0BB8 00000000:0000 0A 0:0 0:0 0 0 0 9 1\n 1: 0100007F:0000 00000000:0000 0A 0:0 0:0 0 0 0 9 1\nx\0y';
    expect(parseSocketLines(text, { protocol: 'tcp', family: 4, ports: null })).toEqual({
      rows: [],
      inodes: [9],
      pastListeners: false,
    });
  });

  it('knows a wildcard beside an IPv4 listener of the same port as IPv6-only, and nothing about the others', () => {
    const rows = [
      ...parseSocketLines(recorded('tcp'), { protocol: 'tcp', family: 4, ports: null }).rows,
      ...parseSocketLines(recorded('tcp6'), { protocol: 'tcp', family: 6, ports: null }).rows,
    ];
    expect(markV6Only(rows).map(({ address, port, v6only }) => [address, port, v6only])).toEqual([
      ['127.0.0.1', 3000, null],
      ['0.0.0.0', 8080, null],
      ['::', 9000, null],
      ['fd00::2', 9002, null],
      ['::', 8080, true],
      ['::1', 5432, null],
      ['::ffff:127.0.0.1', 9001, null],
    ]);
  });
});
