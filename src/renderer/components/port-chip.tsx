import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { contract } from '#shared/contract/contract.ts';
import { connection } from '../lib/connection.ts';
import type { PortState } from '../lib/port-state.ts';
import { operationQuery } from '../lib/query.ts';
import { showToast } from '../lib/toasts.ts';
import { Bubble } from './bubble.tsx';
import { PortHolders } from './port-holders.tsx';

/** Fill and edge say what the port is; hue only repeats it. */
const looks: Record<PortState, string> = {
  listening: 'bg-active border-line-strong text-text font-medium',
  leased: 'border-line-strong border-l-[3px] text-text',
  claimed: 'border-dashed border-control text-soft',
  contested: 'border-conflict bg-conflict-wash text-conflict font-medium',
  reserved: 'chip-hatched border-line-strong text-soft',
  free: 'border-transparent text-faint',
};

export const portStateWords: Record<PortState, string> = {
  listening: 'leased, in use',
  leased: 'leased, idle',
  claimed: 'asked for, no lease yet',
  contested: 'contested',
  reserved: 'taken by something else',
  free: 'free',
};

interface PortChipProps {
  /** Null: any port of the range will do. */
  port: number | null;
  state: PortState;
  url?: string | null;
  /** A word in the chip, after the port. */
  label?: ReactNode;
  /** Whether the Tab key stops here; in long lists only on the active row. */
  tabStop?: boolean;
}

function HolderOf({ port }: { port: number }) {
  const query = useQuery({ ...operationQuery(contract.ports.who, { port }), staleTime: 2000 });
  if (query.isPending) return <p className="skeleton h-4 w-40" />;
  if (query.isError) return <p className="text-failed">{query.error.message}</p>;
  return <PortHolders report={query.data} />;
}

function copyUrl(url: string): void {
  navigator.clipboard.writeText(url).then(
    () => showToast({ tone: 'plain', title: 'Copied', detail: url }),
    () => showToast({ tone: 'failed', title: 'The browser does not let this page copy', detail: url }),
  );
}

/** A port, the same everywhere: hover or focus shows who holds it, Enter opens it, `c` copies its address. */
export function PortChip({ port, state, url = null, label, tabStop = true }: PortChipProps) {
  const text = port === null ? ':auto' : `:${port}`;
  const chip = `inline-flex h-5 max-w-full items-center gap-1 rounded-sm border px-1.5 mono leading-none ${looks[state]}`;
  if (port === null) {
    return (
      <span className={chip} title="The next free port of its range, at the first start">
        {text}
      </span>
    );
  }
  return (
    <Bubble
      content={() => (
        <div className="flex flex-col gap-2">
          <p className="flex items-baseline gap-2">
            <span className="mono font-semibold">{text}</span>
            <span className="text-faint">{portStateWords[state]}</span>
          </p>
          <HolderOf port={port} />
          {url !== null && (
            <p className="text-12 text-faint">
              <kbd>Enter</kbd> opens {url} · <kbd>c</kbd> copies it
            </p>
          )}
        </div>
      )}
    >
      <button
        type="button"
        tabIndex={tabStop ? 0 : -1}
        className={chip}
        aria-label={`Port ${port}, ${portStateWords[state]}`}
        onClick={() => url !== null && connection.openExternal(url)}
        onKeyDown={(event) => {
          if (event.key !== 'c' || event.ctrlKey || event.metaKey || event.altKey || url === null) return;
          event.preventDefault();
          event.stopPropagation();
          copyUrl(url);
        }}
      >
        {state === 'listening' && <span aria-hidden="true" className="size-1.5 rounded-full bg-running" />}
        {state === 'contested' && <span aria-hidden="true" className="h-2 w-1 bg-conflict" />}
        <span>{text}</span>
        {label !== undefined && <span className="truncate font-sans leading-4">{label}</span>}
      </button>
    </Bubble>
  );
}
