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

it('takes the counters of TCP and UDP and nothing that changes besides', () => {
  const root = temporaryFolder();
  writeTree(root, { 'net/sockstat': sockstat, 'net/sockstat6': sockstat6 });
  const host = new LinuxHost({ procRoot: root });
  const stamp = host.socketStamp();
  expect(stamp).toBe('TCP: inuse 5 UDP: inuse 1 TCP6: inuse 2 UDP6: inuse 0');

  writeFileSync(`${root}/net/sockstat`, sockstat.replace('used 36', 'used 99').replace('tw 7', 'tw 8'));
  expect(host.socketStamp()).toBe(stamp);
  writeFileSync(`${root}/net/sockstat6`, sockstat6.replace('UDP6: inuse 0', 'UDP6: inuse 1'));
  expect(host.socketStamp()).toBe('TCP: inuse 5 UDP: inuse 1 TCP6: inuse 2 UDP6: inuse 1');
});

it('does without IPv6, and is null without any counters', () => {
  const root = temporaryFolder();
  writeTree(root, { 'net/sockstat': sockstat });
  const hosts = [root, temporaryFolder()].map((procRoot) => new LinuxHost({ procRoot }));
  expect(hosts.map((host) => host.socketStamp())).toEqual(['TCP: inuse 5 UDP: inuse 1', null]);
});
