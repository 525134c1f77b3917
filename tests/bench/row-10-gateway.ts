import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#tests/support/ports.ts';
import { onPath } from '#tests/support/prerequisites.ts';
import { removeHome, startSystem } from '#tests/support/system.ts';
import type { BenchRow, Contender, Peer, Sample } from './frame/bench-row.ts';
import { cores, pin, startOn, wrk } from './support/pinned.ts';

/** A service as developers have them: a program of Node that answers with a hundred bytes. */
const service = `const body = Buffer.alloc(100, 'a');
require('node:http').createServer((_q, r) => r.writeHead(200, { 'content-type': 'text/plain', 'content-length': 100 }).end(body))
  .listen(Number(process.argv[1]), '127.0.0.1');`;

/** What all contenders stand before, from our `prepare` on. */
let upstreamPort = 0;

interface Front {
  url: string;
  host: string;
  end(): Promise<void> | void;
}

function contender(start: () => Promise<Front>): Contender {
  let front: Front | undefined;
  return {
    async prepare() {
      front = await start();
      return () => front?.end();
    },
    async run(): Promise<Sample> {
      if (front === undefined) throw new Error('This contender was not prepared');
      const { url, host } = front;
      const many = await wrk({ url, host, connections: 32, seconds: 2 });
      const one = await wrk({ url, host, connections: 1, seconds: 1 });
      return { requests: many.perSecond, answer: one.medianMs };
    },
  };
}

async function startClos(): Promise<Front> {
  upstreamPort = await freePort();
  const endService = await startOn(cores.others, {
    command: [process.execPath, '-e', service, String(upstreamPort)],
    port: upstreamPort,
  });
  const system = await startSystem({ env: { CLOS_PROFILE: 'production', CLOS_LOG_LEVEL: 'info' } });
  await system.client.services.create({
    name: 'web',
    runtime: { type: 'external' },
    endpoints: [{ name: 'http', hostPort: upstreamPort }],
  });
  while ((await system.client.services.get({ id: 'web' })).status !== 'running') await delay(50);
  const { modules } = await system.client.system.status();
  await pin(modules.find(({ name }) => name === 'gateway')?.pid ?? 0, cores.gateway);
  const { url } = system.discovery.gateway;
  return {
    url,
    host: `web.localhost:${new URL(url).port}`,
    async end() {
      await system.stop();
      removeHome(system.home);
      await endService();
    },
  };
}

/** The load and the pinning are programs too. */
function areThere(...names: string[]): boolean {
  return [...names, 'wrk', 'taskset'].every((name) => onPath(name) !== undefined);
}

/** A peer that is a program with a configuration of its own in a folder. */
function program(
  name: string,
  install: string,
  set: (at: { folder: string; port: number; upstream: number }) => { command: string[]; env?: NodeJS.ProcessEnv },
): Peer {
  return {
    name,
    install,
    isThere: () => areThere(name),
    ...contender(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'clos-b-'));
      const port = await freePort();
      const end = await startOn(cores.gateway, { port, ...set({ folder, port, upstream: upstreamPort }) });
      return {
        url: `http://127.0.0.1:${port}`,
        host: `web.localhost:${port}`,
        async end() {
          await end();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }),
  };
}

function written(folder: string, text: string): string {
  const path = join(folder, 'config');
  writeFileSync(path, text);
  return path;
}

/** nginx as people who have tuned it run it, and as it comes: a new connection to the service for each request. */
function nginxConfig({ folder, port, upstream }: { folder: string; port: number; upstream: number }, kept: boolean) {
  const keeping = `upstream web { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 100000000; }`;
  return `worker_processes 1; daemon off; pid ${folder}/pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log ${folder}/access.log; keepalive_requests 100000000;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  ${kept ? keeping : ''}
  server {
    listen 127.0.0.1:${port}; server_name web.localhost;
    location / {
      ${kept ? 'proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection "";' : `proxy_pass http://127.0.0.1:${upstream};`}
      proxy_buffering off; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Request-Id $request_id;
    }
  }
}`;
}

function nginxPeer(kept: boolean): Peer {
  return program('nginx', 'apt-get install nginx-light', (at) => ({
    command: ['nginx', '-p', at.folder, '-e', 'stderr', '-c', written(at.folder, nginxConfig(at, kept))],
  }));
}

const caddy = program('caddy', 'apt-get install caddy', ({ folder, port, upstream }) => ({
  env: { GOMAXPROCS: '1', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  command: [
    ...['caddy', 'run', '--adapter', 'caddyfile', '--config'],
    written(
      folder,
      `{
  admin off
  auto_https off
}
http://web.localhost:${port} {
  bind 127.0.0.1
  log {
    output file ${folder}/access.log
  }
  reverse_proxy 127.0.0.1:${upstream}
}
`,
    ),
  ],
}));

const haproxy = program('haproxy', 'apt-get install haproxy', ({ folder, port, upstream }) => ({
  command: [
    ...['haproxy', '-db', '-f'],
    written(
      folder,
      `global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option forwardfor
  option http-keep-alive
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  use_backend web if { hdr(host) -m beg web.localhost }
backend web
  server web 127.0.0.1:${upstream}
`,
    ),
  ],
}));

const portless: Peer = {
  ...program('portless', 'npm ci', ({ folder, port, upstream }) => {
    const env = { PORTLESS_STATE_DIR: folder, PORTLESS_SYNC_HOSTS: '0', PORTLESS_PORT: String(port) };
    execFileSync('npx', ['portless', 'alias', 'web', String(upstream)], {
      env: { ...process.env, ...env, PORTLESS_HTTPS: '0' },
      stdio: 'ignore',
    });
    return {
      env,
      command: ['npx', 'portless', 'proxy', 'start', '--no-tls', '-p', String(port), '--foreground'],
    };
  }),
  isThere: () => areThere(),
};

/**
 * Requests for a name, with an access log, on one core: client and service are on the other one. Requests by 32 connections, the
 * median answer of one. portless is a program of Node too; haproxy writes no log here, for it only knows syslog.
 */
const row: BenchRow = {
  row: 10,
  title: 'the gateway on one core',
  goal: '≥ 1.3 × the requests of caddy, ≥ 0.95 × those of nginx; median ≤ 1.3 × that of nginx',
  goals: [
    { measure: 'requests', peer: 'caddy', atLeast: 1.3 },
    { measure: 'requests', peer: 'nginx', atLeast: 0.95 },
    { measure: 'answer', peer: 'nginx', atLeast: 0.77 },
  ],
  rounds: 5,
  measures: {
    requests: { unit: 'req/s', better: 'more' },
    answer: { unit: 'ms', better: 'less' },
  },
  ...contender(startClos),
  peers: [nginxPeer(true), { ...nginxPeer(false), name: 'nginx, as it comes' }, caddy, haproxy, portless],
};

export default row;
