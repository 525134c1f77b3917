import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { connection } from '../lib/connection.ts';
import { copyText } from '../lib/copy-text.ts';
import { type PortLook, type Protocol, portLookWords } from '../lib/port-state.ts';
import { operationQuery } from '../lib/query.ts';
import { Bubble } from './bubble.tsx';
import { PortGlyph } from './port-glyph.tsx';
import { PortHolders } from './port-holders.tsx';

/** Fill and edge say what the port is, as its glyph does; hue only repeats it. */
const fills: Record<PortLook, string> = {
  used: 'bg-active border-line-strong text-text font-medium',
  leased: 'border-line-strong text-text',
  foreign: 'chip-hatched border-control text-text',
  claimed: 'border-dashed border-control text-soft',
  reserved: 'border-control text-soft',
  contested: 'border-conflict bg-conflict-wash text-conflict font-medium',
  clos: 'bg-sunken border-line text-soft',
  wanted: 'border-dotted border-control text-soft',
  free: 'border-transparent text-faint hover:border-line-strong',
};

interface PortChipProps {
  /** Null: any port of the range will do. */
  port: number | null;
  look: PortLook;
  protocol?: Protocol;
  url?: string | null;
  /** A word in the chip, after the port. */
  label?: ReactNode;
  /** Whether the Tab key stops here; in long lists only on the active row. */
  tabStop?: boolean;
  /** What Enter and a click do; they open the URL, or the port's page, unless this is given. */
  onShow?: () => void;
  /** The inspector shows it. */
  opened?: boolean;
  /** Its place in what the arrow keys walk through. */
  cell?: string;
}

function HolderOf({ port }: { port: number }) {
  const query = useQuery({ ...operationQuery(contract.ports.who, { port }), staleTime: 2000 });
  if (query.isPending) return <p className="skeleton h-4 w-40" />;
  if (query.isError) return <p className="text-failed">{query.error.message}</p>;
  return <PortHolders report={query.data} />;
}

/** What the keys do on the chip, in words. */
function Keys({ url, shows }: { url: string | null; shows: boolean }) {
  if (url === null) return null;
  return (
    <p className="text-12 break-all text-faint">
      {shows ? (
        <>
          <kbd>Enter</kbd> shows it · <kbd>o</kbd> opens {url}
        </>
      ) : (
        <>
          <kbd>Enter</kbd> opens {url}
        </>
      )}{' '}
      · <kbd>c</kbd> copies it
    </p>
  );
}

/** A port, the same everywhere: hover or focus shows who holds it, Enter opens it, `c` copies its address. */
export function PortChip(props: PortChipProps) {
  const { port, look, protocol = 'tcp', url = null, label, tabStop = true, onShow, opened = false, cell } = props;
  const [, navigate] = useLocation();
  const chip = `inline-flex h-5 max-w-full items-center gap-1.5 rounded-sm border px-1.5 mono leading-none ${fills[look]} ${opened ? 'outline-2 outline-offset-1 outline-accent' : ''}`;
  if (port === null) {
    return (
      <span className={chip} title="The next free port of its range, at the first start">
        <PortGlyph look={look} />
        :auto
      </span>
    );
  }
  const text = `:${port}${protocol === 'udp' ? '/udp' : ''}`;
  const words = portLookWords[look];
  const show = onShow ?? (() => (url === null ? navigate(`/ports/${port}`) : connection.openExternal(url)));
  const keys: Record<string, () => void> = {
    c: () => url !== null && void copyText(url),
    o: () => url !== null && connection.openExternal(url),
  };
  return (
    <Bubble
      content={() => (
        <div className="flex flex-col gap-2">
          <p className="flex items-baseline gap-2">
            <span className="mono font-semibold">{text}</span>
            <span className="text-faint">{words}</span>
          </p>
          <HolderOf port={port} />
          <Keys url={url} shows={onShow !== undefined} />
        </div>
      )}
    >
      <button
        type="button"
        tabIndex={tabStop ? 0 : -1}
        className={chip}
        aria-label={`Port ${port}${protocol === 'udp' ? ' udp' : ''}, ${words}${typeof label === 'string' ? `, ${label}` : ''}`}
        aria-current={opened ? 'true' : undefined}
        data-cell={cell}
        onClick={show}
        onKeyDown={(event) => {
          const act = keys[event.key];
          if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || url === null) return;
          event.preventDefault();
          event.stopPropagation();
          act();
        }}
      >
        <PortGlyph look={look} />
        <span>{text}</span>
        {label !== undefined && <span className="truncate font-sans leading-4">{label}</span>}
      </button>
    </Bubble>
  );
}
