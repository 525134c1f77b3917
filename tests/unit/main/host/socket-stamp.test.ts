import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LinuxHost } from '#main/host/linux/linux-host.ts';
import { temporaryFolder, writeTree } from './recorded.ts';

const sockstat = `sockets: used 36
TCP: inuse 5 orphan 1 tw 7 alloc 9 mem 2
UDP: inuse 1 mem 0
UDPLITE: inuse 3
RAW: inuse 0
FRAG: inuse 0 memory 0
`;
const sockstat6 = 'TCP6: inuse 2\nUDP6: inuse 0\nUDPLITE6: inuse 4\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n';

const snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 27932 26426 648 129 3 279174
`;

it('takes UDP sockets, and of TCP those that are no connections, and nothing that changes besides', () => {
  const root = temporaryFolder();
  writeTree(root, { 'net/sockstat': sockstat, 'net/sockstat6': sockstat6, 'net/snmp': snmp });
  const host = new LinuxHost({ procRoot: root });
  expect(host.socketStamp()).toBe('tcp 4 udp 1');

  writeFileSync(`${root}/net/sockstat`, sockstat.replace('used 36', 'used 99').replace('tw 7', 'tw 8'));
  expect(host.socketStamp()).toBe('tcp 4 udp 1');
  // Two connections more, one of each family.
  writeFileSync(`${root}/net/sockstat`, sockstat.replace('TCP: inuse 5', 'TCP: inuse 6'));
  writeFileSync(`${root}/net/sockstat6`, sockstat6.replace('TCP6: inuse 2', 'TCP6: inuse 3'));
  writeFileSync(`${root}/net/snmp`, snmp.replace('129 3 ', '129 5 '));
  expect(host.socketStamp()).toBe('tcp 4 udp 1');
  writeFileSync(`${root}/net/sockstat6`, sockstat6.replace('UDP6: inuse 0', 'UDP6: inuse 1'));
  expect(host.socketStamp()).toBe('tcp 3 udp 2');
});

it('does without IPv6, and is null without any counters', () => {
  const root = temporaryFolder();
  writeTree(root, { 'net/sockstat': sockstat });
  const hosts = [root, temporaryFolder()].map((procRoot) => new LinuxHost({ procRoot }));
  expect(hosts.map((host) => host.socketStamp())).toEqual(['tcp 5 udp 1', null]);
});
