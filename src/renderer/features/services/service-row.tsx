import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Service } from '#shared/contract/services.ts';
import { Badge } from '../../components/badge.tsx';
import { Cell, HeadCell } from '../../components/cells.tsx';
import { PortChip } from '../../components/port-chip.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { holderWords } from '../../lib/conflict-words.ts';
import { glyphOf, isUp } from '../../lib/glyph.ts';
import { endpointLook, openConflictOf, portOf } from '../../lib/port-state.ts';
import { isAdopted, runsWords } from '../../lib/runtime-words.ts';
import { healthWords, statusWords } from '../../lib/status-words.ts';
import { useNow } from '../../lib/time.ts';
import { ServiceActions } from './service-actions.tsx';

/** The columns of the list, for its head and its rows; in a narrow page what runs, then health and time step back. */
export const serviceColumns =
  'gap-x-4 grid-cols-[minmax(96px,1.1fr)_minmax(120px,1.6fr)_minmax(72px,1fr)_60px] @min-[640px]/page:grid-cols-[minmax(110px,1.1fr)_minmax(130px,1.5fr)_minmax(110px,1fr)_76px_48px_60px] @min-[860px]/page:grid-cols-[minmax(130px,1.1fr)_minmax(150px,1.5fr)_minmax(130px,1.2fr)_minmax(120px,1fr)_76px_52px_60px]';
const onlyMiddle = 'hidden @min-[640px]/page:block';
const onlyWide = 'hidden @min-[860px]/page:block';

export function ServiceHead() {
  return (
    <>
      <HeadCell>Name</HeadCell>
      <HeadCell>Status</HeadCell>
      <HeadCell className={onlyWide}>Runs</HeadCell>
      <HeadCell>Ports</HeadCell>
      <HeadCell className={onlyMiddle}>Health</HeadCell>
      <HeadCell className={onlyMiddle}>Since</HeadCell>
      <HeadCell>
        <span className="sr-only">Actions</span>
      </HeadCell>
    </>
  );
}

interface ServiceRowProps {
  service: Service;
  conflicts: readonly Conflict[];
  active: boolean;
  /** Null where it cannot be chosen: CLOS does not start what it only watches. */
  selection: { chosen: boolean; any: boolean; onToggle: () => void } | null;
}

function Choose({ name, selection, active }: Pick<ServiceRowProps, 'selection' | 'active'> & { name: string }) {
  if (selection === null) return null;
  const { chosen, any, onToggle } = selection;
  return (
    <input
      type="checkbox"
      aria-label={`Select ${name}`}
      checked={chosen}
      tabIndex={active ? 0 : -1}
      onChange={onToggle}
      className={`absolute -left-4 size-3 accent-(--c-accent-fill) ${chosen || any || active ? '' : 'opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100'}`}
    />
  );
}

const shownPorts = 2;

export function ServiceRow({ service, conflicts, active, selection }: ServiceRowProps) {
  const now = useNow();
  const conflict = openConflictOf(service, conflicts);
  const held = conflict !== undefined && !service.waits && !isUp(service);
  const words = held
    ? `kept from :${conflict.wanted.port} by ${holderWords(conflict.holder)}`
    : statusWords(service, now);
  const runs = runsWords(service);
  const more = service.endpoints.length - shownPorts;
  return (
    <>
      <Cell className="relative flex min-w-0 items-center gap-2.5">
        <Choose name={service.name} selection={selection} active={active} />
        <StatusGlyph status={glyphOf(service, conflicts)} />
        <span className="truncate font-medium" title={service.name}>
          {service.name}
        </span>
        {isAdopted(service) && <Badge>adopted</Badge>}
      </Cell>
      <Cell className="truncate text-soft" title={words}>
        {words}
      </Cell>
      <Cell className={`mono truncate text-faint ${onlyWide}`} title={runs}>
        {runs}
      </Cell>
      <Cell className="flex min-w-0 items-center gap-1 overflow-hidden">
        {service.endpoints.slice(0, shownPorts).map((endpoint) => (
          <PortChip
            key={endpoint.id}
            port={portOf(endpoint)}
            look={endpointLook(service, endpoint, conflicts)}
            url={endpoint.url}
            tabStop={active}
          />
        ))}
        {more > 0 && <span className="text-12 text-faint">+{more}</span>}
      </Cell>
      <Cell className={`truncate text-faint ${onlyMiddle}`}>
        {service.healthCheck === null || !isUp(service) ? '–' : healthWords(service)}
      </Cell>
      <Cell className={`text-faint ${onlyMiddle}`}>
        <RelativeTime iso={service.statusSince} bare />
      </Cell>
      <Cell
        className={`flex justify-end ${active ? '' : 'opacity-0 group-hover/row:opacity-100 focus-within:opacity-100'}`}
      >
        <ServiceActions service={service} compact tabStop={active} />
      </Cell>
    </>
  );
}
