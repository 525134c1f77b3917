import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import { CommandLine } from '../../components/command-line.tsx';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { EventList } from '../../components/event-list.tsx';
import { Inspector } from '../../components/inspector.tsx';
import { OperationOutcome } from '../../components/operation-outcome.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { eventWords } from '../../lib/event-words.ts';
import { operationQuery } from '../../lib/query.ts';
import { fullTime } from '../../lib/time.ts';
import { ServiceThen } from './service-then.tsx';

/** The command that an event belongs to: as its cause, or as what it tells. */
function operationOf({ cause, subject }: ClosEvent): string | null {
  if (subject.type === 'operation') return subject.id;
  return cause?.type === 'operation' ? cause.id : null;
}

function Command({ id }: { id: string }) {
  const { data } = useQuery(operationQuery(contract.operations.get, { id }));
  if (data === undefined) return null;
  return (
    <Section title="The command">
      <OperationOutcome operation={data} />
    </Section>
  );
}

/** What else followed from the same request. */
function Followed({ event }: { event: ClosEvent }) {
  const [, navigate] = useLocation();
  const around = useQuery(
    operationQuery(contract.events.list, { since: Math.max(0, event.seq - 100), until: event.seq + 100, limit: 200 }),
  );
  const others = (around.data?.items ?? []).filter(({ trace, seq }) => trace === event.trace && seq !== event.seq);
  if (event.trace === null || others.length === 0) return null;
  return (
    <section className="border-b py-4">
      <h3 className="px-5 pb-2 text-12 font-medium text-faint">What else followed from this request</h3>
      <EventList events={others} onOpen={({ seq }) => navigate(`/timeline/${seq}`)} />
    </section>
  );
}

function EventFacts({ event }: { event: ClosEvent }) {
  const { text, reason } = eventWords(event);
  const operation = operationOf(event);
  const { type, seq, actor, cause, trace, subject } = event;
  return (
    <>
      <div className="border-b px-5 py-4">
        <p className="text-14 break-words">{text}</p>
        {reason !== null && <p className="mt-1 break-words text-soft">{reason}</p>}
      </div>
      <Section title="Who and when">
        <Definitions>
          <Definition name="Time">{fullTime(event.time)}</Definition>
          <Definition name="By">
            {actor.type === 'outside'
              ? 'nobody that CLOS knows: it was seen from outside'
              : `${actor.name} (${actor.type})`}
          </Definition>
          {cause !== null && (
            <Definition name="Because of" mono>
              {cause.type} {cause.id}
            </Definition>
          )}
          {trace !== null && (
            <Definition name="Request" mono>
              {trace}
            </Definition>
          )}
          <Definition name="Event" mono>
            {seq} {type}
          </Definition>
        </Definitions>
      </Section>
      {operation !== null && <Command id={operation} />}
      {subject.type === 'service' && <ServiceThen id={subject.id} seq={seq} />}
      <Followed event={event} />
      <div className="px-5 py-4">
        <CommandLine command={commandLines.servicesAt(seq)} />
      </div>
    </>
  );
}

/** One event beside the timeline: who, why, what followed, and how things were then. */
export function EventInspector({ seq }: { seq: number }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/timeline'), [navigate]);
  const { data, error, isPending, refetch } = useQuery(
    operationQuery(contract.events.list, { since: seq - 1, until: seq, limit: 1 }),
  );
  const event = data?.items[0];
  return (
    <Inspector label="Event" title={<h2>Event {seq}</h2>} onClose={close}>
      {event !== undefined ? (
        <EventFacts key={seq} event={event} />
      ) : isPending ? (
        <SkeletonRows rows={6} />
      ) : error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <p className="px-5 py-4 text-soft">This event is no longer kept.</p>
      )}
    </Inspector>
  );
}
