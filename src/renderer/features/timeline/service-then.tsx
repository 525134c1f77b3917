import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { operationQuery } from '../../lib/query.ts';

function runText({ runtime: { observed } }: Service): string | null {
  if (observed === null) return null;
  if ('containerId' in observed) return `container ${observed.containerName}, ${observed.state}`;
  return 'answering' in observed
    ? observed.answering
      ? `answered by ${observed.name ?? 'somebody'}`
      : 'nobody answered'
    : `pid ${observed.pid}, ${observed.state}`;
}

/** How a service was right after an event. */
export function ServiceThen({ id, seq }: { id: string; seq: number }) {
  const { data: service, isError } = useQuery(operationQuery(contract.services.get, { id, at: seq }));
  return (
    <Section title="The service, right after">
      {service === undefined ? (
        <p className="text-soft">{isError ? 'It was not there any more, or it is no longer known.' : 'Reading …'}</p>
      ) : (
        <Definitions>
          <Definition name="Status">
            <span className="inline-flex items-center gap-2">
              <StatusGlyph status={service.status} /> {service.status}
              {service.statusReason !== null && <span className="text-soft">{service.statusReason}</span>}
            </span>
          </Definition>
          <Definition name="Wanted">{service.desired}</Definition>
          {service.endpoints.map(({ name, lease, hostPort }) => (
            <Definition key={name} name={name} mono>
              {lease === null ? `no lease, wants ${hostPort}` : `:${lease.port} · ${lease.reason}`}
            </Definition>
          ))}
          {runText(service) !== null && (
            <Definition name="Ran" mono>
              {runText(service)}
            </Definition>
          )}
          <Definition name="Revision">{service.revision}</Definition>
        </Definitions>
      )}
    </Section>
  );
}
