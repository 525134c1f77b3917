import { describe, expect, it } from 'vitest';
import { toContainerBody, wholeSeconds } from '#main/runtimes/container/container-body.ts';

describe('the body of a create call', () => {
  it('says all that the spec says, and that the engine restarts nothing', () => {
    expect(
      toContainerBody({
        name: 'shop-web',
        image: 'shop/web:1',
        command: ['httpd', '-f'],
        env: { A: 'b', URL: 'x=y' },
        labels: { 'dev.candlefish.clos.service': 'svc_1' },
        ports: [
          { protocol: 'tcp', containerPort: 80, hostAddress: '127.0.0.1', hostPort: 3000 },
          { protocol: 'tcp', containerPort: 80, hostAddress: '::1', hostPort: 3000 },
          { protocol: 'udp', containerPort: 53, hostAddress: '127.0.0.1', hostPort: 5353 },
        ],
        mounts: [
          { type: 'bind', source: '/projects/shop', target: '/app', readOnly: true },
          { type: 'volume', source: 'data', target: '/data' },
        ],
        init: true,
        workingDir: '/app',
        user: '1000',
        network: 'clos-network',
        aliases: ['web'],
        limits: { cpus: 0.5, memoryBytes: 1024, pids: 10 },
        healthCheck: { command: ['true'], intervalMs: 1500, timeoutMs: 500, retries: 3, startPeriodMs: 0 },
        stopGraceMs: 1500,
      }),
    ).toEqual({
      name: 'shop-web',
      Image: 'shop/web:1',
      Cmd: ['httpd', '-f'],
      WorkingDir: '/app',
      User: '1000',
      Env: ['A=b', 'URL=x=y'],
      Labels: { 'dev.candlefish.clos.service': 'svc_1' },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      StopTimeout: 2,
      Healthcheck: { Test: ['CMD', 'true'], Interval: 1.5e9, Timeout: 5e8, Retries: 3, StartPeriod: 0 },
      HostConfig: {
        NetworkMode: 'clos-network',
        PortBindings: {
          '80/tcp': [
            { HostIp: '127.0.0.1', HostPort: '3000' },
            { HostIp: '::1', HostPort: '3000' },
          ],
          '53/udp': [{ HostIp: '127.0.0.1', HostPort: '5353' }],
        },
        RestartPolicy: { Name: 'no' },
        Init: true,
        Mounts: [
          {
            Type: 'bind',
            Source: '/projects/shop',
            Target: '/app',
            ReadOnly: true,
            BindOptions: { Propagation: 'rprivate' },
          },
          { Type: 'volume', Source: 'data', Target: '/data', ReadOnly: false },
        ],
        NanoCpus: 5e8,
        Memory: 1024,
        MemorySwap: 1024,
        PidsLimit: 10,
      },
      NetworkingConfig: { EndpointsConfig: { 'clos-network': { Aliases: ['web'] } } },
    });
  });

  it('leaves out what the spec leaves to the image and the engine', () => {
    expect(
      toContainerBody({
        name: 'web',
        image: 'shop/web:1',
        env: {},
        labels: {},
        ports: [],
        mounts: [],
        init: false,
        network: 'bridge',
        aliases: [],
        limits: {},
        stopGraceMs: 0,
      }),
    ).toEqual({
      name: 'web',
      Image: 'shop/web:1',
      Env: [],
      Labels: {},
      ExposedPorts: {},
      StopTimeout: 0,
      HostConfig: { NetworkMode: 'bridge', PortBindings: {}, RestartPolicy: { Name: 'no' }, Init: false, Mounts: [] },
      NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: [] } } },
    });
  });
});

describe('grace in whole seconds', () => {
  it('is rounded up, and never below zero', () => {
    expect([-5, 0, 1, 1000, 1001].map(wholeSeconds)).toEqual([0, 0, 1, 1, 2]);
  });
});
