import { createHash } from 'node:crypto';
import { access, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EngineAddress, EngineFinding, EngineTls } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

interface System {
  platform: NodeJS.Platform;
  root: string;
}

const defaultPipe = '//./pipe/docker_engine';

const configFile = z.object({ currentContext: z.string().optional() });
const contextFile = z.object({
  Name: z.string(),
  Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().default(false) }) }),
});

/** A reason why there is no engine, thrown and caught within this file. */
class NoEngine extends Error {
  static notUnderstood(host: string, cause?: unknown): NoEngine {
    return new NoEngine(`The container engine is set to ${redact(host)}, which is no address that CLOS understands.`, {
      cause,
    });
  }
}

/**
 * Finds the container engine the way the docker command does: `DOCKER_HOST`, else the context of `DOCKER_CONTEXT` or of the
 * user's configuration, else the usual sockets (system, Docker Desktop, rootless, Podman).
 *
 * Whatever is wrong on the way, the answer says so in a sentence; nothing is thrown. `system` is where the usual sockets are looked for.
 */
export async function findEngine(
  env: Environment,
  homedir: string,
  system: System = { platform: process.platform, root: '/' },
): Promise<EngineFinding> {
  try {
    const host = env.DOCKER_HOST;
    if (host !== undefined && host !== '') {
      const address = parseHost(host, await environmentTls(env, homedir));
      return { found: true, address, source: 'environment', context: null, how: `DOCKER_HOST names ${redact(host)}.` };
    }
    const folder = env.DOCKER_CONFIG || join(homedir, '.docker');
    const wanted = await chooseContext(env, folder);
    if (wanted !== null && wanted.name !== 'default') return await fromContext(wanted, folder);
    return await findDefault(env, homedir, system);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { found: false, reason: why };
  }
}

/** An address of a `docker -H` form: `unix://`, `npipe://`, `tcp://`, `http(s)://`, or `host:port`. */
function parseHost(host: string, tls: EngineTls | null): EngineAddress {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(host.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'socket', path: rest === '' ? '/var/run/docker.sock' : rest };
    case 'npipe':
      return { kind: 'pipe', path: rest === '' ? defaultPipe : rest.replaceAll('\\', '/') };
    case 'ssh':
      throw new NoEngine(
        `The container engine is set to ${redact(host)}, but CLOS does not connect over SSH. Forward the socket (ssh -L) and name it in DOCKER_HOST.`,
      );
    case 'tcp':
    case 'http':
    case 'https':
      return parseTcp(host, `${rest}`, scheme.toLowerCase() === 'https' ? (tls ?? plainTls) : tls);
    default:
      throw NoEngine.notUnderstood(host);
  }
}

/** TLS with the certificates that the system trusts. */
const plainTls: EngineTls = { ca: null, cert: null, key: null, verify: true };

function parseTcp(host: string, rest: string, tls: EngineTls | null): EngineAddress {
  let url: URL;
  try {
    url = new URL(`http://${rest === '' ? '127.0.0.1' : rest.startsWith(':') ? `127.0.0.1${rest}` : rest}`);
  } catch (error) {
    throw NoEngine.notUnderstood(host, error);
  }
  // The URL parser drops a written port 80, and the docker command knows its own defaults.
  const written = /:(\d+)(?:\/|$)/.exec(rest.replace(/^\[[^\]]*\]/, ''))?.[1];
  const port = written === undefined ? (tls === null ? 2375 : 2376) : Number(written);
  if (url.hostname === '' || port < 1) {
    throw NoEngine.notUnderstood(host);
  }
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port, tls };
}

/** Names and passwords do not belong into a sentence. */
function redact(host: string): string {
  return host.replace(/\/\/[^@/]*@/, '//');
}

async function environmentTls(env: Environment, homedir: string): Promise<EngineTls | null> {
  const verify = env.DOCKER_TLS_VERIFY;
  const wantsTls = env.DOCKER_TLS;
  if ((verify === undefined || verify === '') && (wantsTls === undefined || wantsTls === '')) return null;
  const folder = env.DOCKER_CERT_PATH || env.DOCKER_CONFIG || join(homedir, '.docker');
  return await tlsFrom(folder, verify !== undefined && verify !== '');
}

async function tlsFrom(folder: string, verify: boolean): Promise<EngineTls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map(async (name) => {
      const file = join(folder, name);
      return (await isReadable(file)) ? file : null;
    }),
  );
  if (verify && !ca)
    throw new NoEngine(`The container engine is to be reached with TLS, but ${join(folder, 'ca.pem')} cannot be read.`);
  if ((cert === null) !== (key === null)) {
    throw new NoEngine(
      `The container engine is to be reached with TLS, but of cert.pem and key.pem in ${folder} only one can be read.`,
    );
  }
  return { ca: ca ?? null, cert: cert ?? null, key: key ?? null, verify };
}

interface WantedContext {
  name: string;
  /** For people: who chose it. */
  by: string;
}

async function chooseContext(env: Environment, folder: string): Promise<WantedContext | null> {
  const fromEnvironment = env.DOCKER_CONTEXT;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return { name: fromEnvironment, by: 'DOCKER_CONTEXT' };
  const file = join(folder, 'config.json');
  const text = await readOptional(file);
  if (text === null) return null;
  const config = configFile.safeParse(parseJson(file, text));
  if (!config.success)
    throw new NoEngine(`The file ${file} is not a configuration of Docker, so the engine it names is unknown.`);
  const name = config.data.currentContext;
  return name === undefined || name === '' ? null : { name, by: file };
}

async function fromContext({ name, by }: WantedContext, folder: string): Promise<EngineFinding> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts', 'meta', id, 'meta.json');
  const text = await readOptional(file);
  if (text === null) {
    throw new NoEngine(
      `${by} names the Docker context "${name}", which does not exist (docker context ls shows those that do).`,
    );
  }
  const context = contextFile.safeParse(parseJson(file, text));
  if (!context.success)
    throw new NoEngine(`${by} names the Docker context "${name}", but ${file} does not say where its engine is.`);
  const { Host, SkipTLSVerify } = context.data.Endpoints.docker;
  const tlsFolder = join(folder, 'contexts', 'tls', id, 'docker');
  const tls = (await exists(tlsFolder)) ? await tlsFrom(tlsFolder, !SkipTLSVerify) : null;
  return {
    found: true,
    address: parseHost(Host, tls),
    source: 'context',
    context: name,
    how: `The Docker context "${name}", chosen by ${by}, names ${redact(Host)}.`,
  };
}

async function findDefault(env: Environment, homedir: string, { platform, root }: System): Promise<EngineFinding> {
  if (platform === 'win32') {
    return {
      found: true,
      address: { kind: 'pipe', path: defaultPipe },
      source: 'default',
      context: null,
      how: 'The usual pipe of Docker.',
    };
  }
  const runtime = env.XDG_RUNTIME_DIR;
  const candidates = [
    { path: join(root, 'var/run/docker.sock'), what: 'the usual socket of Docker' },
    { path: join(homedir, '.docker', 'run', 'docker.sock'), what: 'the socket of Docker Desktop' },
    ...(runtime ? [{ path: join(runtime, 'docker.sock'), what: 'the socket of rootless Docker' }] : []),
    ...(runtime ? [{ path: join(runtime, 'podman', 'podman.sock'), what: 'the socket of rootless Podman' }] : []),
    { path: join(root, 'run/podman/podman.sock'), what: 'the socket of Podman' },
  ];
  for (const { path, what } of candidates) {
    if (!(await isSocket(path))) continue;
    return {
      found: true,
      address: { kind: 'socket', path },
      source: 'default',
      context: null,
      how: `${path} is ${what}.`,
    };
  }
  const looked = candidates.map((each) => each.path).join(', ');
  throw new NoEngine(
    `No container engine was found: none of ${looked} is there. Start Docker or Podman, or name one in DOCKER_HOST.`,
  );
}

async function readOptional(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    const why = error instanceof Error ? error.message : String(error);
    throw new NoEngine(`The file ${file} cannot be read: ${why}`, { cause: error });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoEngine(`The file ${file} is not valid JSON, so the container engine that it names is unknown.`, {
      cause: error,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function isReadable(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

async function isSocket(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}
