import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { followEvents } from '../follow.ts';
import { eventLine } from '../output/event-line.ts';
import { parseEventType } from '../parse/event-type.ts';
import { parseMoment, parseWhole } from '../parse/values.ts';
import { example } from './help.ts';
import { collect } from './options.ts';

interface EventsFlags {
  follow?: boolean;
  limit?: string;
  after?: string;
  since?: string;
  until?: string;
  type?: string[];
  subject?: string;
  actor?: string;
}

/** What of the history is wanted, as the api is asked for it. */
interface Wanted {
  after?: number;
  since?: string;
  until?: string | number;
  type?: string;
  subject?: string;
  actor?: string;
}

/** How far back the history goes when nothing says where it begins. */
const lastEvents = 50;
/** The most that one answer holds. */
const pageSize = 500;

export function eventsCommand(act: Act): Command {
  return new Command('events')
    .description('read the history, or follow it')
    .option('-f, --follow', 'stay, and show events as they happen')
    .option('-n, --limit <count>', `only the last of them; ${lastEvents} when nothing says where to begin`)
    .option('--after <seq>', 'begin after the event of this number')
    .option('--since <moment>', 'since a time, or how long ago')
    .option('--until <moment>', 'until a time, or how long ago')
    .option('--type <type>', 'only of this type, such as service.status-changed; give it again for more', collect)
    .option('--subject <what>', 'only about this service, or what has this id')
    .option('--actor <who>', 'only of the key or session with this id')
    .addHelpText('after', example('clos events --follow', 'clos events --subject web --since 1d'))
    .action(
      act(async (context, flags: EventsFlags) => {
        const wanted = wantedOf(flags, context.now());
        const limit = limitOf(flags);
        if (flags.follow === true && flags.until !== undefined)
          throw new UsageError('--until names an end, and --follow has none: leave one of them out.');
        const connection = await context.connect();
        const { client } = connection;
        if (flags.subject !== undefined) wanted.subject = await subjectId(client, flags.subject);
        const { seq } = await client.system.status();
        if (flags.follow === true) wanted.until = seq;
        let isEmpty = true;
        for await (const events of limit === null ? all(client, wanted) : last(client, wanted, limit)) {
          if (events.length > 0) isEmpty = false;
          await print(context, events);
        }
        if (flags.follow === true) {
          for await (const batch of followEvents(context, connection, { after: Math.max(seq, wanted.after ?? 0) }))
            await print(
              context,
              (batch ?? []).filter((event) => isWanted(event, wanted)),
            );
        } else if (isEmpty && !context.json) await context.terminal.out('Nothing like that has happened.');
        return undefined;
      }),
    );
}

function wantedOf({ after, since, until, type, actor }: EventsFlags, now: number): Wanted {
  return {
    ...(after === undefined ? {} : { after: parseWhole(after, '--after', { min: 0, max: Number.MAX_SAFE_INTEGER }) }),
    ...(since === undefined ? {} : { since: parseMoment(since, now) }),
    ...(until === undefined ? {} : { until: parseMoment(until, now, '--until') }),
    ...(type === undefined ? {} : { type: type.map(parseEventType).join(',') }),
    ...(actor === undefined ? {} : { actor }),
  };
}

/** How many of the newest are shown; null: all of them. */
function limitOf({ limit, after, since }: EventsFlags): number | null {
  if (limit !== undefined) return parseWhole(limit, '--limit', { min: 1, max: pageSize });
  return after === undefined && since === undefined ? lastEvents : null;
}

/** The id of the service of that name; what is no service is taken for an id, for of what is gone there still is a history. */
async function subjectId(client: Client, what: string): Promise<string> {
  try {
    return (await client.services.get({ id: what })).id;
  } catch (error) {
    if (isClosError(error, 'SERVICE_NOT_FOUND', 'INVALID_INPUT')) return what;
    throw error;
  }
}

async function* last(client: Client, wanted: Wanted, limit: number): AsyncGenerator<ClosEvent[], void> {
  const { items } = await client.events.list({ ...wanted, order: 'desc', limit });
  yield items.reverse();
}

async function* all(client: Client, wanted: Wanted): AsyncGenerator<ClosEvent[], void> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Client['events']['list']>> = await client.events.list({
      ...wanted,
      limit: pageSize,
      ...(cursor === null ? {} : { cursor }),
    });
    yield page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** The same for what is told live. */
function isWanted(event: ClosEvent, { type, subject, actor }: Wanted): boolean {
  if (type !== undefined && !type.split(',').includes(event.type)) return false;
  if (subject !== undefined && event.subject.id !== subject) return false;
  return actor === undefined || event.actor.id === actor;
}

async function print({ json, terminal }: CliContext, events: readonly ClosEvent[]): Promise<void> {
  if (events.length === 0) return;
  await terminal.out(...events.map((event) => (json ? JSON.stringify(event) : eventLine(event, terminal.paint))));
}
