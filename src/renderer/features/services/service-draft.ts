import { isClosError } from '#shared/contract/clos-error.ts';
import { type Service, type ServiceSpec, serviceSpecSchema } from '#shared/contract/services.ts';
import { joinWords, splitWords } from './words.ts';

/** An endpoint as it is typed. */
export interface EndpointDraft {
  /** Stays with the row while it is typed in. */
  key: number;
  name: string;
  containerPort: string;
  hostPort: string;
  protocol: 'tcp' | 'udp';
  /** What the form does not show is kept. */
  kept: { address?: string; range?: string };
}

/** A service as it is typed: text, until it is sent. */
export interface ServiceDraft {
  name: string;
  image: string;
  command: string;
  endpoints: EndpointDraft[];
  env: string;
  memory: string;
  cpus: string;
  pids: string;
  healthPath: string;
  restart: ServiceSpec['restart']['policy'];
  onConflict: ServiceSpec['onConflict'];
}

let nextKey = 1;

export function newEndpoint(first: boolean): EndpointDraft {
  return { key: nextKey++, name: first ? 'http' : '', containerPort: '', hostPort: '', protocol: 'tcp', kept: {} };
}

export function emptyDraft(): ServiceDraft {
  return {
    name: '',
    image: '',
    command: '',
    endpoints: [newEndpoint(true)],
    env: '',
    memory: '',
    cpus: '',
    pids: '',
    healthPath: '',
    restart: 'no',
    onConflict: 'ask',
  };
}

const mebibyte = 1024 ** 2;

/** Bytes as the form shows them: whole MiB where they are. */
function sizeText(bytes: number): string {
  return bytes % mebibyte === 0 ? `${bytes / mebibyte}MiB` : String(bytes);
}

export function draftOf(service: Service): ServiceDraft {
  const { limits, healthCheck } = service;
  return {
    name: service.name,
    image: service.runtime.image,
    command: joinWords(service.runtime.command ?? []),
    endpoints: service.endpoints.map(({ name, containerPort, hostPort, protocol, address, range }) => ({
      key: nextKey++,
      name,
      containerPort: String(containerPort),
      hostPort: hostPort === 'auto' ? '' : String(hostPort),
      protocol,
      kept: { address, range },
    })),
    env: Object.entries(service.env)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    memory: limits.memory === undefined ? '' : sizeText(limits.memory),
    cpus: limits.cpus === undefined ? '' : String(limits.cpus),
    pids: limits.pids === undefined ? '' : String(limits.pids),
    healthPath: healthCheck?.type === 'http' ? healthCheck.path : '',
    restart: service.restart.policy,
    onConflict: service.onConflict,
  };
}

/** Digits become a number; anything else goes on as it is, so that the contract says what is wrong with it. */
function numeric(text: string): number | string {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text.trim();
}

function envOf(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    env[(at === -1 ? line : line.slice(0, at)).trim()] = at === -1 ? '' : line.slice(at + 1);
  }
  return env;
}

function healthCheckOf(draft: ServiceDraft, before: Service | undefined): unknown {
  const known = before?.healthCheck ?? null;
  if (known?.type === 'tcp' && draft.healthPath === '') return known;
  if (draft.healthPath === '') return null;
  return { ...(known?.type === 'http' ? known : { type: 'http' }), path: draft.healthPath };
}

/** The request that the draft stands for, not yet checked. What the form does not show is taken from `before`. */
function requestOf(draft: ServiceDraft, before?: Service): unknown {
  const {
    observed: _observed,
    command: _command,
    ...runtime
  } = before?.runtime ?? { observed: null, type: 'container' };
  const command = splitWords(draft.command);
  const limit = (name: 'memory' | 'cpus' | 'pids') =>
    draft[name].trim() === '' ? {} : { [name]: numeric(draft[name]) };
  return {
    name: draft.name.trim(),
    runtime: { ...runtime, image: draft.image.trim(), ...(command.length === 0 ? {} : { command }) },
    endpoints: draft.endpoints.map(({ name, containerPort, hostPort, protocol, kept }) => ({
      ...kept,
      name: name.trim(),
      containerPort: numeric(containerPort),
      hostPort: hostPort.trim() === '' ? 'auto' : numeric(hostPort),
      protocol,
    })),
    env: envOf(draft.env),
    limits: { ...limit('memory'), ...limit('cpus'), ...limit('pids') },
    healthCheck: healthCheckOf(draft, before),
    restart: { policy: draft.restart, maxRetries: before?.restart.maxRetries ?? 5 },
    onConflict: draft.onConflict,
  };
}

/** What is wrong, by the path of the field. */
export type FieldErrors = Readonly<Record<string, string>>;

/** Words for what the contract's checks say of an empty or half-typed field. */
function plainMessage(path: string, message: string): string {
  if (/(containerPort|hostPort)$/.test(path)) return 'a port, 1 to 65535';
  return message;
}

/** Checks the draft by the contract, as the server will. */
export function checkDraft(draft: ServiceDraft, before?: Service): { spec: ServiceSpec } | { errors: FieldErrors } {
  const parsed = serviceSpecSchema.safeParse(requestOf(draft, before));
  if (parsed.success) return { spec: parsed.data };
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) errors[path.join('.')] ??= plainMessage(path.join('.'), message);
  return { errors };
}

/** The fields that the server refused. A taken name belongs to the name. */
export function refusedFields(error: unknown): FieldErrors {
  if (isClosError(error, 'NAME_TAKEN')) return { name: error.message };
  if (!isClosError(error, 'INVALID_INPUT')) return {};
  return Object.fromEntries(error.errors.map(({ path, message }) => [path.replace(/^body\./, ''), message]));
}

/** The first thing that is wrong at or below a path. */
export function errorAt(errors: FieldErrors, path: string): string | undefined {
  const key = Object.keys(errors).find((candidate) => candidate === path || candidate.startsWith(`${path}.`));
  return key === undefined ? undefined : errors[key];
}
