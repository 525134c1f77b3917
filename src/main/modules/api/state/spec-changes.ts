import type { EventData } from '#shared/contract/events.ts';
import type { ServiceSpec } from '#shared/contract/service-spec.ts';

type Changed = EventData<'service.updated'>['changed'];

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A specification as single values by path; endpoints and variables by their names. */
function flatten({ endpoints, env, name: _name, ...spec }: ServiceSpec): Map<string, string> {
  const groups = { ...spec, ...Object.fromEntries(endpoints.map((one) => [`endpoints.${one.name}`, one])) };
  const values = Object.entries(groups).flatMap(([group, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([field, one]): [string, unknown] => [`${group}.${field}`, one])
      : [[group, value] as [string, unknown]],
  );
  const variables = Object.entries(env).map(([key, value]): [string, unknown] => [`env.${key}`, value]);
  return new Map([...values, ...variables].flatMap(([path, value]) => (value == null ? [] : [[path, textOf(value)]])));
}

/** Which values of a specification are others, by path and in order. What a variable holds may be a secret and is not told. */
export function specChanges(before: ServiceSpec, after: ServiceSpec): Changed {
  const [from, to] = [flatten(before), flatten(after)];
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  return paths
    .filter((path) => from.get(path) !== to.get(path))
    .map((field) =>
      field.startsWith('env.')
        ? { field, from: null, to: null }
        : { field, from: from.get(field) ?? null, to: to.get(field) ?? null },
    );
}
