import { describe, expect, it } from 'vitest';
import {
  type Collision,
  engineCollides,
  hostCollision,
  isEverywhere,
  localhostFamilies,
  socketText,
} from '#main/modules/resolver/claims.ts';

const claim = (address: string, v6only?: boolean | null) => ({
  protocol: 'tcp',
  address,
  port: 3000,
  ...(v6only === undefined ? {} : { v6only }),
});

describe('two sockets of one host', () => {
  const wishes = [claim('127.0.0.1'), claim('0.0.0.0'), claim('::1'), claim('::')];

  it.each<[string, ReturnType<typeof claim>, Collision[]]>([
    ['127.0.0.1', claim('127.0.0.1'), ['yes', 'yes', 'no', 'yes']],
    ['127.0.0.2', claim('127.0.0.2'), ['no', 'yes', 'no', 'yes']],
    ['0.0.0.0', claim('0.0.0.0'), ['yes', 'yes', 'no', 'yes']],
    ['::1', claim('::1'), ['no', 'no', 'yes', 'yes']],
    [':: for both families', claim('::', false), ['yes', 'yes', 'yes', 'yes']],
    [':: for IPv6 only', claim('::', true), ['no', 'no', 'yes', 'yes']],
    [':: of which nobody knows', claim('::', null), ['unknown', 'unknown', 'yes', 'yes']],
    ['IPv4 in IPv6 clothes', claim('::ffff:127.0.0.1'), ['yes', 'yes', 'no', 'yes']],
  ])('with %s held, 127.0.0.1, 0.0.0.0, ::1 and :: collide as the kernel decides', (_, held, expected) => {
    expect(wishes.map((wish) => hostCollision(held, wish))).toEqual(expected);
    expect(wishes.map((wish) => hostCollision(wish, held))).toEqual(expected);
  });

  it('never meet across protocols or ports', () => {
    expect(hostCollision(claim('0.0.0.0'), { ...claim('0.0.0.0'), protocol: 'udp' })).toBe('no');
    expect(hostCollision(claim('0.0.0.0'), { ...claim('0.0.0.0'), port: 3001 })).toBe('no');
  });

  it('are the same address in whatever spelling', () => {
    const pairs: Array<[string, string]> = [
      ['::1', '0:0:0:0:0:0:0:1'],
      ['[::1]', '::1'],
      ['FD00::A', 'fd00:0::a'],
      ['::ffff:7f00:1', '127.0.0.1'],
      ['fe80::1%eth0', 'FE80::1%eth0'],
      ['localhost', '127.0.0.1'],
    ];
    expect(pairs.map(([a, b]) => hostCollision(claim(a), claim(b)))).toEqual(pairs.map(() => 'yes'));
    expect(hostCollision(claim('fe80::1%eth0'), claim('fe80::1%eth1'))).toBe('no');
  });
});

describe('two published ports of one engine', () => {
  it.each<[string, string, boolean]>([
    ['0.0.0.0', '127.0.0.1', true],
    ['', '192.168.1.5', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['::', '::1', true],
    ['::', '0.0.0.0', false],
    ['::', '127.0.0.1', false],
    ['::1', '127.0.0.1', false],
  ])('at %j and %j collide: %s', (a, b, collide) => {
    expect([engineCollides(claim(a), claim(b)), engineCollides(claim(b), claim(a))]).toEqual([collide, collide]);
  });

  it('are apart across tcp, udp and sctp', () => {
    const of = (protocol: string) => ({ ...claim('0.0.0.0'), protocol });
    expect([engineCollides(of('tcp'), of('udp')), engineCollides(of('udp'), of('sctp'))]).toEqual([false, false]);
  });
});

it('knows in which families a claim answers to localhost', () => {
  const families = [
    claim('127.0.0.1'),
    claim('0.0.0.0'),
    claim('127.0.0.2'),
    claim('::1'),
    claim('::', false),
    claim('::', true),
    claim('::', null),
    claim('fd00::2'),
  ].map((one) => [...localhostFamilies(one)]);
  expect(families).toEqual([[4], [4], [], [6], [4, 6], [6], [6], []]);
});

it('knows the addresses that every host has', () => {
  const addresses = ['127.0.0.1', '127.9.9.9', '0.0.0.0', '::', '::1', '192.168.1.5', 'fd00::2'];
  expect(addresses.map(isEverywhere)).toEqual([true, true, true, true, true, false, false]);
});

it('writes IPv6 addresses in brackets', () => {
  expect([socketText(claim('127.0.0.1')), socketText(claim('::1'))]).toEqual(['127.0.0.1:3000', '[::1]:3000']);
});
