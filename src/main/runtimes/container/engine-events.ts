import { z } from 'zod';
import { type ContainerAction, containerActions, type EngineEvent } from './types.ts';

const rawEvent = z.object({
  Type: z.string(),
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  time: z.number().optional(),
  timeNano: z.number().optional(),
});

/** What the engine is asked for; the checks that it runs inside containers would otherwise fill the stream. */
export const eventFilters = { type: ['container', 'network'], event: [...containerActions, 'died', 'remove'] };

/** The engine's own attributes of a container event; all others are the container's labels. */
const attributesOfTheEngine = new Set([
  'name',
  'image',
  'exitCode',
  'containerExitCode',
  'signal',
  'execID',
  'execDuration',
  'oldName',
]);

/** Reads one line of the engine's event stream; null for what is not told on, or is not understood. */
export function parseEvent(line: string): EngineEvent | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = rawEvent.safeParse(json);
  if (!parsed.success) return null;
  const { Type, Action, Actor, time, timeNano } = parsed.data;
  const attributes = Actor.Attributes ?? {};
  const date = new Date(timeNano === undefined ? (time ?? 0) * 1000 : timeNano / 1e6);
  if (Number.isNaN(date.getTime())) return null;
  const at = date.toISOString();
  if (Type === 'network') {
    if (Action !== 'destroy' && Action !== 'remove') return null;
    return { type: 'network', action: 'destroy', id: Actor.ID, name: attributes.name ?? '', time: at };
  }
  if (Type !== 'container') return null;
  const [word = '', detail] = Action.split(/:\s*/, 2);
  const action = toAction(word);
  if (action === null) return null;
  const exitCode = Number(attributes.exitCode ?? attributes.containerExitCode);
  const signal = attributes.signal;
  return {
    type: 'container',
    action,
    id: Actor.ID,
    name: attributes.name ?? '',
    image: attributes.image ?? '',
    labels: Object.fromEntries(Object.entries(attributes).filter(([key]) => !attributesOfTheEngine.has(key))),
    ...(action === 'die' && Number.isInteger(exitCode) ? { exitCode } : {}),
    ...(action === 'kill' && signal !== undefined ? { signal } : {}),
    ...(action === 'health_status' && isHealth(detail) ? { health: detail } : {}),
    time: at,
  };
}

function toAction(word: string): ContainerAction | null {
  // Podman's names.
  if (word === 'died') return 'die';
  if (word === 'remove') return 'destroy';
  return containerActions.find((action) => action === word) ?? null;
}

function isHealth(value: string | undefined): value is 'starting' | 'healthy' | 'unhealthy' {
  return value === 'starting' || value === 'healthy' || value === 'unhealthy';
}

/** Splits a stream into lines; a line beyond `maxLength` characters is dropped, so that no sender fills the memory. */
export async function* readLines(stream: AsyncIterable<Buffer>, maxLength = 1024 * 1024): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let dropping = false;
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.indexOf('\n');
    while (end >= 0) {
      if (!dropping && end > 0) yield rest.slice(0, end);
      dropping = false;
      rest = rest.slice(end + 1);
      end = rest.indexOf('\n');
    }
    if (rest.length > maxLength) {
      rest = '';
      dropping = true;
    }
  }
  if (!dropping && rest !== '') yield rest;
}
