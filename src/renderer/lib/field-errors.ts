import { isClosError } from '#shared/contract/clos-error.ts';

/** What is wrong in a form, by the path of the field. */
export type FieldErrors = Readonly<Record<string, string>>;

/** The fields that the server refused, by their paths in the body; none if the refusal was about something else. */
export function refusedFields(error: unknown): FieldErrors {
  if (!isClosError(error)) return {};
  return Object.fromEntries(error.errors.map(({ path, message }) => [path.replace(/^body\./, ''), message]));
}

/** The first thing that is wrong at or below a path. */
export function errorAt(errors: FieldErrors, path: string): string | undefined {
  const key = Object.keys(errors).find((candidate) => candidate === path || candidate.startsWith(`${path}.`));
  return key === undefined ? undefined : errors[key];
}
