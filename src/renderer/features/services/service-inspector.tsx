import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Badge } from '../../components/badge.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Inspector } from '../../components/inspector.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { commandLines } from '../../lib/commands.ts';
import { glyphOf } from '../../lib/glyph.ts';
import { listQuery, operationQuery } from '../../lib/query.ts';
import { isAdopted } from '../../lib/runtime-words.ts';
import { EditService } from './edit-service.tsx';
import { ServiceDetails } from './service-details.tsx';
import { ServiceLogs } from './service-logs.tsx';
import { mayRun } from './use-service-commands.ts';

const tabs = [
  { id: 'details', label: 'Details' },
  { id: 'logs', label: 'Logs' },
  { id: 'edit', label: 'Edit' },
] as const;
type TabId = (typeof tabs)[number]['id'];

function isTab(value: string | undefined): value is TabId {
  return tabs.some((tab) => tab.id === value);
}

/** One service, beside the list: `/services/web`, `/services/web/logs`, `/services/web/edit`. */
export function ServiceInspector({ name, tab }: { name: string; tab?: string | undefined }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/services'), [navigate]);
  const service = useQuery(operationQuery(contract.services.get, { id: name }));
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const current: TabId = isTab(tab) ? tab : 'details';
  const { data } = service;
  const open = conflicts.data ?? [];

  return (
    <Inspector
      label={`Service ${name}`}
      onClose={close}
      title={
        <>
          {data !== undefined && <StatusGlyph status={glyphOf(data, open)} />}
          <h2 className="truncate">{name}</h2>
          {data !== undefined && isAdopted(data) && <Badge>adopted</Badge>}
        </>
      }
      footer={
        data !== undefined &&
        current !== 'edit' && (
          <CommandLine
            command={
              current === 'logs'
                ? commandLines.logs(name)
                : data.runtime.type === 'external'
                  ? commandLines.show(name)
                  : commandLines[mayRun('stop', data) ? 'stop' : 'start'](name)
            }
            className="flex-1 justify-between"
          />
        )
      }
    >
      <Tabs
        label={`Parts of ${name}`}
        tabs={tabs}
        current={current}
        hrefOf={(id) => (id === 'details' ? `/services/${name}` : `/services/${name}/${id}`)}
      />
      {service.isPending ? (
        <SkeletonRows rows={6} />
      ) : data === undefined ? (
        <ErrorState error={service.error} onRetry={() => void service.refetch()} />
      ) : current === 'logs' ? (
        <ServiceLogs key={data.id} service={data} />
      ) : current === 'edit' ? (
        <EditService key={data.id} service={data} onDone={() => navigate(`/services/${name}`)} />
      ) : (
        <ServiceDetails key={data.id} service={data} conflicts={open} onDeleted={close} />
      )}
    </Inspector>
  );
}
