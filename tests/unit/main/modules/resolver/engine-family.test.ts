import { describe, expect, it } from 'vitest';
import { withEngineFamily } from '#main/modules/resolver/attribute.ts';
import type { ContainerFact } from '#main/modules/resolver/world.ts';
import { containerOf, forwarder, listenerOf, ownerOf } from './fixtures.ts';

const at = (...addresses: string[]): Pick<ContainerFact, 'ports'> => ({
  ports: addresses.map((address) => ({ protocol: 'tcp', address, port: 3000, containerPort: 80 })),
});
const wildcard = listenerOf({ address: '::', family: 6, owner: forwarder });

describe('a forwarder that listens at ::', () => {
  it.each([
    ['is one for IPv6 alone where its container publishes nothing in IPv4', at('::'), true],
    ['is not known to be where the container publishes in both families', at('0.0.0.0', '::'), null],
    ['is not known to be where it listens for more than was asked for', at('0.0.0.0'), null],
  ] as const)('%s', (_, ports, expected) => {
    const world = { leases: [], containers: [containerOf(ports)], ownPorts: [] };
    expect(withEngineFamily(wildcard, world).v6only).toBe(expected);
  });

  it('is the only one that the engine knows about: a program at :: stays as the table tells it', () => {
    const world = { leases: [], containers: [containerOf(at('::'))], ownPorts: [] };
    expect(withEngineFamily({ ...wildcard, owner: ownerOf() }, world).v6only).toBeNull();
  });
});
