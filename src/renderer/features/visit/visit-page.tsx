import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { OperationOutcome } from '../../components/operation-outcome.tsx';
import { RunningOperations } from '../../components/running-operations.tsx';
import { EmptyState, ErrorState, InlineProblem, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { commandLines } from '../../lib/commands.ts';
import { conflictIn, keepConflict } from '../../lib/conflict-in.ts';
import { client, connection } from '../../lib/connection.ts';
import { glyphOf, isUp } from '../../lib/glyph.ts';
import { markStale } from '../../lib/invalidator.ts';
import { openConflictOf } from '../../lib/port-state.ts';
import { listQuery, operationQuery } from '../../lib/query.ts';
import { statusWords } from '../../lib/status-words.ts';
import { useNow } from '../../lib/time.ts';
import { useMay } from '../../lib/use-may.ts';
import { useOperationRun, watchAfterSeconds } from '../../lib/use-operation-run.ts';
import { visitTarget } from './visit-target.ts';

/** Where the visit goes on to: the address that it came from, else the service's own name. Null while that is not known. */
function useDestination(service: Service, to: string | null): string | null {
  const routes = useQuery(listQuery(contract.routes.list, { service: service.id }));
  const known = routes.data?.filter(({ shadowedBy }) => shadowedBy === null) ?? [];
  const own = known.find(({ name }) => name === service.name) ?? known[0];
  return own === undefined ? null : (visitTarget(to, own.url) ?? own.url);
}

function useStart() {
  return useOperationRun(
    async (id: string) => {
      try {
        return await client.services.start({ id }, { idempotencyKey: newId('req'), waitSeconds: watchAfterSeconds });
      } catch (error) {
        const conflict = conflictIn(error);
        if (conflict !== null) keepConflict(conflict);
        throw error;
      }
    },
    () => markStale([contract.services.get.id, contract.conflicts.list.id]),
  );
}

function headline({ name, status, waits }: Service): string {
  if (waits) return `${name} waits for its port`;
  if (status === 'starting') return `${name} is starting`;
  return status === 'running' || status === 'unhealthy' ? `${name} runs` : `${name} does not run`;
}

interface VisitProps {
  service: Service;
  to: string | null;
  /** The ways out of a conflict. `onSettled` hears that one was taken. */
  waysOut: (conflictId: string, onSettled: () => void) => ReactNode;
}

/** A service that somebody wanted to see: how it is, and one button. Nothing is started before that is pressed. */
function Visit({ service, to, waysOut }: VisitProps) {
  const now = useNow();
  const mayStart = useMay('services:operate');
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const destination = useDestination(service, to);
  const [asked, setAsked] = useState(false);
  const start = useStart();
  const { name, id } = service;
  const answers = service.status === 'running' || service.status === 'unhealthy';
  const inTheWay = openConflictOf(service, conflicts.data ?? [])?.id ?? conflictIn(start.error)?.id;
  const isStarted = service.runtime.type !== 'external';

  useEffect(() => {
    if (asked && answers && destination !== null) connection.follow(destination);
  }, [asked, answers, destination]);

  return (
    <>
      <div>
        <h1 className="flex items-center gap-2.5 text-20 font-semibold">
          <StatusGlyph status={glyphOf(service, conflicts.data ?? [])} />
          {headline(service)}
        </h1>
        <p className="mt-1 text-soft first-letter:uppercase">{statusWords(service, now)}</p>
        {destination !== null && <p className="mono mt-1 truncate text-faint">{destination}</p>}
      </div>
      {answers ? (
        <Button
          look="primary"
          className="self-start"
          disabled={destination === null}
          onClick={() => destination !== null && connection.follow(destination)}
        >
          Open
        </Button>
      ) : (
        isStarted &&
        mayStart && (
          <div className="flex items-center gap-3">
            <Button
              look="primary"
              icon="play"
              disabled={start.isPending || isUp(service)}
              onClick={() => {
                setAsked(true);
                start.begin(id);
              }}
            >
              Start and open
            </Button>
            <CommandLine command={commandLines.start(name)} />
          </div>
        )
      )}
      {!isStarted && !answers && <p className="text-soft">CLOS only watches it: somebody else starts it.</p>}
      {isStarted && !mayStart && !answers && (
        <p className="text-soft">This key may look at services, not start them.</p>
      )}
      {start.operation !== null ? (
        <OperationOutcome operation={start.operation} />
      ) : (
        <RunningOperations subject={id} className="" />
      )}
      {start.error !== null && inTheWay === undefined && <InlineProblem error={start.error} />}
      {inTheWay !== undefined && !answers && (
        <div className="border-t pt-5">{waysOut(inTheWay, () => setAsked(true))}</div>
      )}
      <p className="flex gap-4 border-t pt-3 text-soft">
        <Link href={`/services/${name}`} className="text-accent hover:underline">
          {name} in the dashboard
        </Link>
        {isStarted && (
          <Link href={`/services/${name}/logs`} className="text-accent hover:underline">
            What it wrote
          </Link>
        )}
        {isStarted && !service.startOnVisit && (
          <Link href={`/services/${name}/edit`} className="text-accent hover:underline">
            Have each visit start it
          </Link>
        )}
      </p>
    </>
  );
}

/** Where the gateway sends who wanted to see a service that is down: `/visit?service=svc_…&to=http://web.localhost:8080/`. */
export function VisitPage({ waysOut }: Pick<VisitProps, 'waysOut'>) {
  const [params] = useSearchParams();
  const id = params.get('service') ?? '';
  const service = useQuery({ ...operationQuery(contract.services.get, { id }), enabled: id !== '' });
  return (
    <main className="flex h-full overflow-y-auto p-8">
      <div className="m-auto flex w-full max-w-[560px] flex-col gap-5">
        {service.data !== undefined ? (
          <Visit key={id} service={service.data} to={params.get('to')} waysOut={waysOut} />
        ) : id === '' ? (
          <EmptyState title="No service is named in this address">
            <Link href="/" className="text-accent hover:underline">
              Go to the overview
            </Link>
          </EmptyState>
        ) : service.isPending ? (
          <SkeletonRows rows={3} />
        ) : (
          <ErrorState error={service.error} onRetry={() => void service.refetch()} />
        )}
      </div>
    </main>
  );
}
