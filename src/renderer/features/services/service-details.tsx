import { useState } from 'react';
import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { RunningOperations } from '../../components/running-operations.tsx';
import { explain } from '../../lib/conflict-words.ts';
import { connection } from '../../lib/connection.ts';
import { bytesWords } from '../../lib/format.ts';
import { onConflictWords } from '../../lib/policy-words.ts';
import { endpointLook, openConflictOf, portOf, type ServiceEndpoint } from '../../lib/port-state.ts';
import { healthWords, statusWords } from '../../lib/status-words.ts';
import { fullTime, useNow } from '../../lib/time.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { DeleteServiceDialog } from './delete-service-dialog.tsx';
import { ServiceActions } from './service-actions.tsx';
import { ServiceEnv } from './service-env.tsx';
import { ServiceHistory } from './service-history.tsx';
import { ServiceNames } from './service-names.tsx';
import { RuntimeDefinitions, ServiceRun } from './service-runtime.tsx';

interface DetailsProps {
  service: Service;
  conflicts: readonly Conflict[];
  onDeleted: () => void;
}

function Held({ conflict }: { conflict: Conflict }) {
  const dialog = useConflictDialog();
  return (
    <div className="mt-3 flex items-center justify-between gap-3 rounded-md bg-conflict-wash px-3 py-2">
      <p className="min-w-0">{explain(conflict)}</p>
      <Button onClick={() => dialog.open(conflict.id)}>Resolve</Button>
    </div>
  );
}

function EndpointRow({
  service,
  endpoint,
  conflicts,
}: {
  service: Service;
  endpoint: ServiceEndpoint;
  conflicts: readonly Conflict[];
}) {
  return (
    <li className="flex min-h-7 items-center gap-3">
      <span className="w-16 shrink-0 truncate text-soft" title={endpoint.name}>
        {endpoint.name}
      </span>
      <PortChip port={portOf(endpoint)} look={endpointLook(service, endpoint, conflicts)} url={endpoint.url} />
      <span className="mono truncate text-faint">
        {endpoint.containerPort === null ? endpoint.protocol : `→ ${endpoint.containerPort}/${endpoint.protocol}`}
        {endpoint.scheme !== 'auto' && ` · ${endpoint.scheme}`}
      </span>
      {endpoint.url !== null && (
        <span className="ml-auto flex shrink-0 items-center">
          <IconButton
            icon="external"
            label={`Open ${endpoint.url}`}
            title={`Open ${endpoint.url}`}
            className="size-6"
            onClick={() => endpoint.url !== null && connection.openExternal(endpoint.url)}
          />
          <CopyButton text={endpoint.url} label={`Copy ${endpoint.url}`} />
        </span>
      )}
    </li>
  );
}

function limitsWords({ cpus, memory, pids }: Service['limits']): string {
  const parts = [
    cpus === undefined ? null : `${cpus} CPU`,
    memory === undefined ? null : bytesWords(memory),
    pids === undefined ? null : `${pids} processes`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'none' : parts.join(' · ');
}

function checkWords({ healthCheck: check }: Service): string {
  if (check === null) return 'no check';
  return check.type === 'http'
    ? `GET ${check.path} every ${check.interval}, ${check.retries} tries`
    : `a connection every ${check.interval}, ${check.retries} tries`;
}

/** Everything about a service on one page: how it is, where it answers, what runs, what it was given, what was done. */
export function ServiceDetails({ service, conflicts, onDeleted }: DetailsProps) {
  const [deleting, setDeleting] = useState(false);
  const now = useNow();
  const conflict = openConflictOf(service, conflicts);
  const driven = service.runtime.type !== 'external';
  return (
    <>
      <div className="border-b px-5 py-4">
        <p className="text-14 break-words first-letter:uppercase">{statusWords(service, now)}</p>
        <p className="text-faint">
          since {fullTime(service.statusSince)} · {healthWords(service)}
        </p>
        {service.needsRestart && (
          <p className="mt-2 text-soft">
            What runs was made before the last change. Restart it to apply what is registered now.
          </p>
        )}
        {conflict !== undefined && <Held conflict={conflict} />}
        <RunningOperations subject={service.id} />
        <div className="mt-3 flex gap-2">
          <ServiceActions service={service} />
          <Button icon="trash" look="quiet" className="ml-auto" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </div>
      </div>
      <Section title="Endpoints">
        {service.endpoints.length === 0 ? (
          <p className="text-soft">It offers no port.</p>
        ) : (
          <ul>
            {service.endpoints.map((endpoint) => (
              <EndpointRow key={endpoint.id} service={service} endpoint={endpoint} conflicts={conflicts} />
            ))}
          </ul>
        )}
      </Section>
      <ServiceNames serviceId={service.id} />
      <Section title="Runtime">
        <ServiceRun runtime={service.runtime} />
      </Section>
      <Section title="As registered">
        <Definitions>
          <RuntimeDefinitions runtime={service.runtime} />
          <Definition name="Health check">{checkWords(service)}</Definition>
          {driven && (
            <>
              <Definition name="Restart">
                {service.restart.policy}
                {service.restart.policy === 'on-failure' && `, at most ${service.restart.maxRetries} times`}
              </Definition>
              {service.runtime.type === 'container' && (
                <Definition name="Limits">{limitsWords(service.limits)}</Definition>
              )}
              <Definition name="If a port is taken">{onConflictWords(service.onConflict)}</Definition>
              <Definition name="On a visit">{service.startOnVisit ? 'it starts' : 'it is not started'}</Definition>
            </>
          )}
          <Definition name="Revision">
            {service.revision} · changed <RelativeTime iso={service.updatedAt} />
          </Definition>
          <Definition name="Id" mono>
            {service.id}
          </Definition>
        </Definitions>
      </Section>
      <ServiceEnv env={service.env} />
      <ServiceHistory serviceId={service.id} />
      {deleting && <DeleteServiceDialog service={service} onClose={() => setDeleting(false)} onDeleted={onDeleted} />}
    </>
  );
}
