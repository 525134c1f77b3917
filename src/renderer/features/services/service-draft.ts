import { isClosError } from '#shared/contract/clos-error.ts';
import {
  type RuntimeType,
  type ServiceEndpointSpec,
  type ServiceSpec,
  serviceSpecSchema,
} from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { type FieldErrors, refusedFields } from '../../lib/field-errors.ts';
import { numeric } from '../../lib/numeric.ts';
import { joinWords, readWords } from '../../lib/words.ts';

/** An endpoint as it is typed. */
export interface EndpointDraft {
  /** Stays with the row while it is typed in. */
  key: number;
  name: string;
  containerPort: string;
  hostPort: string;
  protocol: 'tcp' | 'udp';
  /** What is spoken there; empty: CLOS tells by itself. */
  scheme: string;
  /** What the form does not show is kept. */
  kept: Partial<Pick<ServiceEndpointSpec, 'address' | 'range'>>;
}

/** A service as it is typed: text, until it is sent. What another type of runtime needs is kept while the type changes. */
export interface ServiceDraft {
  type: RuntimeType;
  name: string;
  image: string;
  command: string;
  cwd: string;
  endpoints: EndpointDraft[];
  env: string;
  memory: string;
  cpus: string;
  pids: string;
  healthPath: string;
  restart: ServiceSpec['restart']['policy'];
  onConflict: ServiceSpec['onConflict'];
  startOnVisit: boolean;
}

let nextKey = 1;

export function newEndpoint(first: boolean): EndpointDraft {
  const name = first ? 'http' : '';
  return { key: nextKey++, name, containerPort: '', hostPort: '', protocol: 'tcp', scheme: '', kept: {} };
}

export function emptyDraft(): ServiceDraft {
  return {
    type: 'container',
    name: '',
    image: '',
    command: '',
    cwd: '',
    endpoints: [newEndpoint(true)],
    env: '',
    memory: '',
    cpus: '',
    pids: '',
    healthPath: '',
    restart: 'no',
    onConflict: 'default',
    startOnVisit: false,
  };
}

const mebibyte = 1024 ** 2;

/** Bytes as the form shows them: whole MiB where they are. */
function sizeText(bytes: number): string {
  return bytes % mebibyte === 0 ? `${bytes / mebibyte}MiB` : String(bytes);
}

function runtimeDraft({ runtime }: Service): Pick<ServiceDraft, 'type' | 'image' | 'command' | 'cwd'> {
  const none = { image: '', command: '', cwd: '' };
  switch (runtime.type) {
    case 'container':
      return { ...none, type: 'container', image: runtime.image, command: joinWords(runtime.command ?? []) };
    case 'process':
      return { ...none, type: 'process', command: joinWords(runtime.command), cwd: runtime.cwd };
    case 'external':
      return { ...none, type: 'external' };
  }
}

export function draftOf(service: Service): ServiceDraft {
  const { limits, healthCheck } = service;
  return {
    ...runtimeDraft(service),
    name: service.name,
    endpoints: service.endpoints.map(({ name, containerPort, hostPort, protocol, scheme, address, range }) => ({
      key: nextKey++,
      name,
      containerPort: containerPort === null ? '' : String(containerPort),
      hostPort: hostPort === 'auto' ? '' : String(hostPort),
      protocol,
      scheme: scheme === 'auto' ? '' : scheme,
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
    startOnVisit: service.startOnVisit,
  };
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

/** What the form does not show of a container is taken from `before`, as long as it stays one. */
function runtimeOf(draft: ServiceDraft, before: Service | undefined): unknown {
  const { words } = readWords(draft.command);
  switch (draft.type) {
    case 'container': {
      const known = before?.runtime.type === 'container' ? before.runtime : { observed: null };
      const { observed: _observed, ...kept } = known;
      const { command: _command, ...rest } = 'command' in kept ? kept : { ...kept, command: undefined };
      return {
        ...rest,
        type: 'container',
        image: draft.image.trim(),
        ...(words.length === 0 ? {} : { command: words }),
      };
    }
    case 'process':
      return { type: 'process', command: words, cwd: draft.cwd.trim() };
    case 'external':
      return { type: 'external' };
  }
}

/** The request that the draft stands for, not yet checked. What the form does not show is taken from `before`. */
function requestOf(draft: ServiceDraft, before?: Service): unknown {
  const limit = (name: 'memory' | 'cpus' | 'pids') =>
    draft[name].trim() === '' || draft.type !== 'container' ? {} : { [name]: numeric(draft[name]) };
  return {
    name: draft.name.trim(),
    runtime: runtimeOf(draft, before),
    endpoints: draft.endpoints.map(({ name, containerPort, hostPort, protocol, scheme, kept }) => ({
      ...kept,
      name: name.trim(),
      ...(draft.type === 'container' ? { containerPort: numeric(containerPort) } : {}),
      hostPort: hostPort.trim() === '' ? 'auto' : numeric(hostPort),
      protocol,
      scheme: scheme.trim().toLowerCase() || 'auto',
    })),
    env: draft.type === 'external' ? {} : envOf(draft.env),
    limits: { ...limit('memory'), ...limit('cpus'), ...limit('pids') },
    healthCheck: healthCheckOf(draft, before),
    restart: { policy: draft.restart, maxRetries: before?.restart.maxRetries ?? 5 },
    onConflict: draft.onConflict,
    startOnVisit: draft.type !== 'external' && draft.startOnVisit,
  };
}

/** Words for what the contract's checks say of an empty or half-typed field. */
function plainMessage(path: string, message: string, draft: ServiceDraft): string {
  if (path.endsWith('hostPort') && draft.type === 'external') return 'a port, 1 to 65535: CLOS does not choose it';
  if (/(containerPort|hostPort)$/.test(path)) return 'a port, 1 to 65535';
  if (path === 'runtime.command' && draft.command.trim() === '') return 'the program and its arguments';
  return message;
}

/** Checks the draft by the contract, as the server will. */
export function checkDraft(draft: ServiceDraft, before?: Service): { spec: ServiceSpec } | { errors: FieldErrors } {
  const { openQuote } = readWords(draft.command);
  const parsed = serviceSpecSchema.safeParse(requestOf(draft, before));
  const open = draft.type !== 'external' && openQuote !== null;
  if (parsed.success && !open) return { spec: parsed.data };
  const errors: Record<string, string> = open ? { 'runtime.command': `has a ${openQuote} that is never closed` } : {};
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.join('.');
    errors[path] ??= plainMessage(path, issue.message, draft);
  }
  return { errors };
}

/** The fields of a service that the server refused. A taken name belongs to the name. */
export function refusedSpec(error: unknown): FieldErrors {
  return isClosError(error, 'NAME_TAKEN') ? { name: error.message } : refusedFields(error);
}
