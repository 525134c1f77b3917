import { ClosError } from '#shared/contract/clos-error.ts';
import { hostInUrl, hostName, placeFromContainer, placeFromHost } from '#shared/contract/places.ts';
import { schemeOf } from '#shared/contract/schemes.ts';
import type { Service } from '#shared/contract/services.ts';
import { findReferences, renderTemplate, type TemplateReference } from '#shared/contract/templates.ts';
import type { ReadDb } from '../../../database/handle.ts';
import { findService } from '../../../database/services.ts';

/** What the templates of a service came to. */
export interface Rendered {
  env: Record<string, string>;
  /** Of a container without a command of its own: undefined. */
  command: string[] | undefined;
}

type Described = Pick<Service, 'name' | 'runtime' | 'endpoints' | 'env'>;

function commandOf(service: Pick<Service, 'runtime'>): string[] | undefined {
  return service.runtime.type === 'external' ? undefined : service.runtime.command;
}

/** Every place of a service where templates stand, with its path. */
function texts(service: Described): Array<{ path: string; text: string }> {
  return [
    ...Object.entries(service.env).map(([name, text]) => ({ path: `env.${name}`, text })),
    ...(commandOf(service) ?? []).map((text, index) => ({ path: `runtime.command.${index}`, text })),
  ].filter(({ text }) => text.includes('${'));
}

/** The names of the other services whose ports or addresses a service is told. */
export function referencedServices(service: Described): Set<string> {
  const names = texts(service).flatMap(({ text }) => findReferences(text).map((reference) => reference.service));
  return new Set(names.filter((name) => name !== null));
}

function write(field: TemplateReference['field'], scheme: string, place: { host: string; port: number }): string {
  const host = hostInUrl(place.host);
  switch (field) {
    case 'port':
      return String(place.port);
    case 'host':
      return place.host;
    case 'address':
      return `${host}:${place.port}`;
    case 'url':
      return `${scheme}://${host}:${place.port}`;
  }
}

/**
 * Fills in the templates of a service with the ports as they are leased now, or those of `changed` as they will be then.
 *
 * ENV_UNRESOLVED, with the path, for a service or an endpoint that does not exist, and for one that has no port yet.
 */
export function renderService(db: ReadDb, service: Described, changed?: Described): Rendered {
  const find = (name: string) => (name === changed?.name ? changed : findService(db, name));
  function fill(path: string) {
    return (reference: TemplateReference): string => {
      const unresolved = (why: string) =>
        new ClosError('ENV_UNRESOLVED', `${path}: ${why}`, { errors: [{ path, message: why }] });
      const target = reference.service === null ? service : find(reference.service);
      if (target === null) throw unresolved(`there is no service "${reference.service}"`);
      const endpoint =
        reference.endpoint === null
          ? target.endpoints[0]
          : target.endpoints.find(({ name }) => name === reference.endpoint);
      if (endpoint === undefined) {
        throw unresolved(
          `${target.name} has no endpoint${reference.endpoint === null ? '' : ` "${reference.endpoint}"`}`,
        );
      }
      const boxed = service.runtime.type === 'container' && target !== service;
      const { host, port } = boxed ? placeFromContainer(target, endpoint) : placeFromHost(endpoint);
      if (port === null) throw unresolved(`${target.name} has no port yet; start it first`);
      return write(reference.field, schemeOf(endpoint), { host, port });
    };
  }
  const render = (path: string, text: string) => renderTemplate(text, fill(path));
  return {
    env: Object.fromEntries(Object.entries(service.env).map(([name, text]) => [name, render(`env.${name}`, text)])),
    command: commandOf(service)?.map((text, index) => render(`runtime.command.${index}`, text)),
  };
}

/** True when a template of the service leads to the host from inside a container. */
export function reachesHost({ env, command = [] }: Rendered): boolean {
  return [...Object.values(env), ...command].some((text) => text.includes(hostName));
}

/** What a process is told of its own ports: `PORT`, and `PORT_<NAME>` for each endpoint. Its own variables win. */
export function portVariables(service: Pick<Service, 'endpoints'>): Record<string, string> {
  const leased = service.endpoints.flatMap(({ name, lease }) => (lease === null ? [] : [{ name, port: lease.port }]));
  const [first] = leased;
  return {
    ...(first === undefined ? {} : { PORT: String(first.port) }),
    ...Object.fromEntries(
      leased.map(({ name, port }) => [`PORT_${name.toUpperCase().replaceAll('-', '_')}`, String(port)]),
    ),
  };
}

const ownVariables = /^(CLOS_|ELECTRON_|npm_|NODE_CHANNEL_)|^(INIT_CWD|NODE_OPTIONS|DOTENV_CONFIG_PATH)$/;

/** What a process inherits: our own environment without what is only about us. */
export function inheritedEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !ownVariables.test(entry[0]),
    ),
  );
}
