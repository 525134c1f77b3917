import { describe, expect, it } from 'vitest';
import { parseInspect } from '#main/runtimes/container/observed-container.ts';

/** What engine 20.10 answers, cut to what matters. */
function answer(over: { state?: object; host?: object; config?: object; ports?: object | null } = {}): object {
  return {
    Id: 'ab12',
    Created: '2026-01-02T03:04:05.123456789Z',
    Name: '/shop-web-1',
    Image: 'sha256:77',
    State: {
      Status: 'running',
      Running: true,
      OOMKilled: false,
      Pid: 4242,
      ExitCode: 0,
      Error: '',
      StartedAt: '2026-01-02T03:04:06.5Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      ...over.state,
    },
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      ...over.host,
    },
    Config: { Image: 'shop/web:1', Labels: { a: 'b' }, Tty: false, ...over.config },
    NetworkSettings: {
      Ports:
        over.ports === undefined
          ? { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }], '90/tcp': null }
          : over.ports,
      Networks: { 'clos-network': { NetworkID: '1' } },
    },
  };
}

const ended = { Status: 'exited', Running: false, Pid: 0, FinishedAt: '2026-01-02T03:05:00Z' };
const port = { protocol: 'tcp', address: '127.0.0.1', port: 3000, containerPort: 80 };

describe('a container as the engine shows it', () => {
  it('running', () => {
    expect(parseInspect(answer())).toEqual({
      id: 'ab12',
      name: 'shop-web-1',
      image: 'shop/web:1',
      imageId: 'sha256:77',
      state: 'running',
      statusText: 'running',
      createdAt: '2026-01-02T03:04:05.123Z',
      startedAt: '2026-01-02T03:04:06.500Z',
      finishedAt: null,
      exitCode: null,
      oomKilled: false,
      health: 'none',
      error: null,
      pid: 4242,
      labels: { a: 'b' },
      compose: null,
      ports: [port],
      claims: [port],
      restartPolicy: 'no',
      stopSignal: null,
      networks: ['clos-network'],
    });
  });

  it('ended: it holds nothing, but claims what its definition says', () => {
    expect(parseInspect(answer({ state: { ...ended, ExitCode: 137, OOMKilled: true } }))).toMatchObject({
      state: 'exited',
      statusText: 'exited with code 137, out of memory',
      exitCode: 137,
      oomKilled: true,
      pid: null,
      finishedAt: '2026-01-02T03:05:00.000Z',
      ports: [],
      claims: [port],
    });
  });

  it('never started, with the engine’s reason', () => {
    const state = {
      Status: 'created',
      Running: false,
      Pid: 0,
      ExitCode: 128,
      Error: 'no',
      StartedAt: '0001-01-01T00:00:00Z',
    };
    expect(parseInspect(answer({ state }))).toMatchObject({
      state: 'created',
      statusText: 'created, not started: no',
      startedAt: null,
      exitCode: null,
      error: 'no',
    });
  });

  it('with a health check of the engine', () => {
    expect(parseInspect(answer({ state: { Health: { Status: 'unhealthy', Log: [] } } }))).toMatchObject({
      health: 'unhealthy',
      statusText: 'running, unhealthy',
    });
  });

  it('of a compose project', () => {
    const labels = {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'com.docker.compose.project.working_dir': '/projects/shop',
    };
    expect(parseInspect(answer({ config: { Labels: labels } })).compose).toEqual({
      project: 'shop',
      service: 'web',
      workingDir: '/projects/shop',
    });
  });

  it('claims both families where no address is given, and no port in particular for random ones and ranges', () => {
    const PortBindings = {
      '80/tcp': [
        { HostIp: '', HostPort: '8080' },
        { HostIp: '::1', HostPort: '0' },
      ],
      '53/udp': [{ HostIp: '0.0.0.0', HostPort: '5353' }],
      '81/tcp': [{ HostIp: '', HostPort: '9000-9010' }],
      '82/tcp': [{}],
    };
    expect(parseInspect(answer({ host: { PortBindings } })).claims).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 8080, containerPort: 80 },
      { protocol: 'tcp', address: '::', port: 8080, containerPort: 80 },
      { protocol: 'udp', address: '0.0.0.0', port: 5353, containerPort: 53 },
    ]);
  });

  it('with a stop signal and a restart policy of its own', () => {
    const container = parseInspect(
      answer({ config: { StopSignal: 'SIGQUIT' }, host: { RestartPolicy: { Name: 'always' } } }),
    );
    expect(container).toMatchObject({ stopSignal: 'SIGQUIT', restartPolicy: 'always' });
  });

  it('of Podman, whose states have other names and which leaves fields out', () => {
    expect(
      parseInspect(
        answer({ state: { Status: 'stopped', Running: false }, host: { RestartPolicy: null }, ports: null }),
      ),
    ).toMatchObject({ state: 'exited', restartPolicy: 'no' });
    expect(parseInspect(answer({ state: { Status: 'configured' } })).state).toBe('created');
  });

  it.each([[null], ['x'], [{}], [{ Id: 1 }]])('is an engine error when it makes no sense: %j', (body) => {
    expect(() => parseInspect(body)).toThrow(expect.objectContaining({ code: 'ENGINE_ERROR' }));
  });
});
