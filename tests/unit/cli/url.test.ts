import { describe, expect, it } from 'vitest';
import type { Route } from '#shared/contract/routes.ts';
import type { Service } from '#shared/contract/services.ts';
import { credentialsOf } from '../../../src/cli/url/credentials.ts';
import { chooseEndpoint, clients, urlFor } from '../../../src/cli/url/service-url.ts';
import { sampleRoute, sampleService } from './samples.ts';

type Endpoint = Service['endpoints'][number];

const http = sampleService().endpoints[0] as Endpoint;
const db = (more: Partial<Endpoint> = {}): Endpoint => ({ ...http, name: 'db', containerPort: 5432, ...more });

function urls(service: Service, routes: readonly Route[] = []): Array<string | null> {
  const endpoint = chooseEndpoint(service, undefined) as Endpoint;
  return clients.map((client) => urlFor(client, { service, endpoint, routes }));
}

describe('the URL of a service', () => {
  it('is its name for who resolves it, and its port for who does not', () => {
    const name = 'http://web.localhost:8080/';
    const direct = 'http://127.0.0.1:3000';

    expect(clients).toEqual(['browser', 'curl', 'node', 'container', 'direct']);
    expect(urls(sampleService(), [sampleRoute()])).toEqual([name, name, direct, 'http://web:80', direct]);
  });

  it('is the host for a container, where the service is none of CLOS', () => {
    const runtime = { type: 'external' as const, observed: null };

    expect(urls(sampleService({ runtime }))[3]).toBe('http://host.docker.internal:3000');
  });

  it('is only a name that leads to it and nowhere else, its own before others', () => {
    const service = sampleService();
    const [target] = sampleRoute().targets;
    const made = { kind: 'custom' as const, url: 'http://shop.localhost:8080/' };
    const named = (...routes: Route[]) => urls(service, routes)[0];
    const direct = 'http://127.0.0.1:3000';

    expect(named(sampleRoute(made), sampleRoute())).toBe('http://web.localhost:8080/');
    expect(named(sampleRoute({ shadowedBy: 'rte_2' }), sampleRoute(made))).toBe(made.url);
    expect(named(sampleRoute({ shadowedBy: 'rte_2' }))).toBe(direct);
    expect(named(sampleRoute({ ...made, path: '/api' }))).toBe(direct);
    if (target === undefined) throw new Error('A sample has a target');
    expect(named(sampleRoute({ ...made, targets: [target, target] }))).toBe(direct);
    expect(named(sampleRoute({ targets: [{ ...target, endpoint: 'admin' }] }))).toBe(direct);
  });

  it('is that of the first endpoint that speaks HTTP, else of the first, else of the named one', () => {
    const both = sampleService({ endpoints: [db(), http] });
    const names = [chooseEndpoint(both, undefined), chooseEndpoint(both, 'db'), chooseEndpoint(both, 'none')];

    expect(names.map((endpoint) => endpoint?.name)).toEqual(['http', 'db', undefined]);
    expect(chooseEndpoint(sampleService({ endpoints: [db()] }), undefined)?.name).toBe('db');
    expect(chooseEndpoint(sampleService({ endpoints: [] }), undefined)).toBeUndefined();
  });

  it('is the wanted port before the first start, and none where it may be any', () => {
    const at = (hostPort: Endpoint['hostPort']) =>
      urls(sampleService({ endpoints: [db({ lease: null, hostPort })] }))[0];

    expect([at(5433), at('auto')]).toEqual(['postgres://127.0.0.1:5433', null]);
  });

  it('has what is needed to come in, wherever it is reached from', () => {
    const service = sampleService({ endpoints: [db()], env: { POSTGRES_PASSWORD: 'p@ss/w:rd', POSTGRES_DB: 'shop' } });
    const secret = 'postgres://postgres:p%40ss%2Fw%3Ard@';

    const direct = `${secret}127.0.0.1:3000/shop`;
    expect(urls(service)).toEqual([direct, direct, direct, `${secret}web:5432/shop`, direct]);
  });
});

describe('the credentials of a connection string', () => {
  it.each<[string, Record<string, string>, string]>([
    ['postgres', {}, ''],
    ['postgres', { POSTGRES_USER: 'ada', POSTGRES_PASSWORD: 'x' }, 'ada:x@'],
    ['postgresql', { POSTGRES_USER: 'ada', POSTGRES_DB: 'shop' }, 'ada@/shop'],
    ['mysql', { MYSQL_ROOT_PASSWORD: 'x', MYSQL_DATABASE: 'shop' }, 'root:x@/shop'],
    ['mysql', { MYSQL_ROOT_PASSWORD: 'x', MYSQL_USER: 'ada', MYSQL_PASSWORD: 'y' }, 'ada:y@'],
    ['mysql', { MARIADB_USER: 'ada', MARIADB_PASSWORD: 'y', MARIADB_DATABASE: 'shop' }, 'ada:y@/shop'],
    ['mongodb', { MONGO_INITDB_ROOT_USERNAME: 'ada', MONGO_INITDB_ROOT_PASSWORD: 'x' }, 'ada:x@'],
    [
      'mongodb',
      { MONGO_INITDB_ROOT_USERNAME: 'ada', MONGO_INITDB_ROOT_PASSWORD: 'x', MONGO_INITDB_DATABASE: 'shop' },
      'ada:x@/shop?authSource=admin',
    ],
    ['redis', { REDIS_PASSWORD: 'x' }, ':x@'],
    ['amqp', { RABBITMQ_DEFAULT_USER: 'ada', RABBITMQ_DEFAULT_PASS: 'x', RABBITMQ_DEFAULT_VHOST: '/' }, 'ada:x@/%2F'],
    ['http', { POSTGRES_PASSWORD: 'x' }, ''],
    ['postgres', { POSTGRES_USER: '${services.auth.host}', POSTGRES_PASSWORD: 'x', POSTGRES_DB: 'shop' }, '/shop'],
    ['postgres', { POSTGRES_USER: 'ada', POSTGRES_PASSWORD: '${services.auth.port}' }, 'ada@'],
    ['postgres', { POSTGRES_PASSWORD: '$${services.auth.port}' }, 'postgres:%24%7Bservices.auth.port%7D@'],
  ])('of %s with %j is %s', (scheme, env, expected) => {
    const { userInfo, path } = credentialsOf(scheme, env);
    expect(`${userInfo}${path}`).toBe(expected);
  });
});
