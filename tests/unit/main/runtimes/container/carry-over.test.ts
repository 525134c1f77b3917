import { describe, expect, it } from 'vitest';
import { carriedVolumes, toReplacementBody } from '#main/runtimes/container/carry-over.ts';
import { toContainerBody } from '#main/runtimes/container/container-body.ts';
import { parseContainer } from '#main/runtimes/container/container-definition.ts';
import { type ContainerSpec, containerLabels } from '#main/runtimes/container/types.ts';
import { anonymous, engineVersions, inspected } from './inspected.ts';

const spec: ContainerSpec = {
  name: 'web',
  image: 'shop/web:1',
  env: {},
  labels: { a: 'b' },
  ports: [],
  mounts: [{ type: 'bind', source: '/srv/x', target: '/x' }],
  init: true,
  network: 'clos-network',
  aliases: ['web'],
  limits: {},
  stopGraceMs: 0,
};

describe('the body of a container that replaces another', () => {
  it.each(engineVersions)('has the anonymous volumes and further networks that engine %s shows', (version) => {
    const old = parseContainer(inspected(version).container);
    expect(toReplacementBody(spec, old)).toEqual({
      body: toContainerBody({
        ...spec,
        labels: { a: 'b', [containerLabels.carried]: anonymous },
        mounts: [...spec.mounts, { type: 'volume', source: anonymous, target: '/var/lib/db', readOnly: false }],
      }),
      further: [
        {
          name: 'shop_back',
          config: {
            Aliases: ['db'],
            ...(version === 'podman 4' ? {} : { IPAMConfig: { IPv4Address: '10.2.0.50' } }),
          },
        },
      ],
    });
  });

  it('mounts what the spec mounts, however its target is spelled, and is not connected twice', () => {
    const own: ContainerSpec = {
      ...spec,
      network: 'shop_back',
      mounts: [{ type: 'volume', source: 'data', target: '/var//lib/db/' }],
    };
    const old = parseContainer(inspected('27').container);
    expect(toReplacementBody(own, old)).toEqual({ body: toContainerBody(own), further: [] });
  });
});

describe('the volumes that a container took along', () => {
  const other = '6f'.repeat(32);
  const answer = (label: string, names: string[]) => ({
    Config: { Labels: { [containerLabels.carried]: label } },
    Mounts: [{ Type: 'bind' }, ...names.map((Name) => ({ Name }))],
  });

  it('are those that it says, has, and nobody named', () => {
    expect(carriedVolumes(answer(`${anonymous},${other}`, [anonymous, other]))).toEqual([anonymous, other]);
    expect(carriedVolumes(answer(`${anonymous},${other},precious`, [anonymous, 'precious']))).toEqual([anonymous]);
    expect(carriedVolumes(answer('', ['', anonymous]))).toEqual([]);
    expect(carriedVolumes({ Config: { Labels: null }, Mounts: null })).toEqual([]);
  });
});
