import { describe, expect, it } from 'vitest';
import { hostInUrl, placeFromContainer, placeFromHost } from '#shared/contract/places.ts';
import { sampleService } from '../../cli/samples.ts';

const endpointAt = (address: string) => ({ address, lease: null, hostPort: 3000 });
const service = sampleService();
const endpoint = { ...service.endpoints[0], containerPort: 80 } as (typeof service)['endpoints'][number];

describe('where an endpoint is reached', () => {
  it('is by the loopback address of its own family where it is bound to all', () => {
    const addresses = ['127.0.0.2', '0.0.0.0', '::1', '::'];
    const hosts = addresses.map((address) => placeFromHost({ ...endpoint, ...endpointAt(address) }).host);

    expect(hosts.map(hostInUrl)).toEqual(['127.0.0.2', '127.0.0.1', '[::1]', '[::1]']);
  });

  it('is its leased port, else the one that it wants, and none where it may be any', () => {
    const lease = { id: 'lse_1', port: 3001, protocol: 'tcp', address: '127.0.0.1', since: '', reason: '' } as const;
    const ports = [{ lease }, { lease: null }, { lease: null, hostPort: 'auto' as const }];

    expect(ports.map((more) => placeFromHost({ ...endpoint, hostPort: 3000, ...more }).port)).toEqual([
      3001,
      3000,
      null,
    ]);
  });

  it('is for a container the name of another one of CLOS, and the host for all else', () => {
    const { runtime } = service;
    const adopted = { ...runtime, observed: { ...runtime.observed, adopted: true } } as typeof runtime;
    const program = { type: 'external' as const, observed: null };
    const places = [runtime, adopted, program].map((one) =>
      placeFromContainer({ name: 'web', runtime: one }, { ...endpoint, ...endpointAt('0.0.0.0') }),
    );

    const throughHost = { host: 'host.docker.internal', port: 3000 };
    expect(places).toEqual([{ host: 'web', port: 80 }, throughHost, throughHost]);
  });
});
