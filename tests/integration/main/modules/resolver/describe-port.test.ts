import { expect, it } from 'vitest';
import { createHost } from '#main/host/host.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import { describePort } from '#main/modules/resolver/describe-port.ts';
import { freePort, hold } from '../../host/sockets.ts';

it('calls a port free by a bind where listeners cannot be listed', async () => {
  const port = await freePort();
  const host = createHost('freebsd');
  const question = {
    port,
    leases: [],
    ranges: [{ name: 'all', first: 1, last: 65_535 }],
    world: { leases: [], containers: [], ownPorts: [] },
  };
  const describe = () => describePort({ host, checker: createChecker({ host }) }, question);
  const nothing = { port, listeners: [], leases: [], claims: [], clos: null, range: 'all', notes: expect.any(Array) };

  expect(await describe()).toEqual({ ...nothing, free: true });
  const release = await hold({ protocol: 'udp', address: '127.0.0.1', port });
  expect(await describe()).toEqual({ ...nothing, free: false });
  await release();
  expect(await describe()).toEqual({ ...nothing, free: true });
});
