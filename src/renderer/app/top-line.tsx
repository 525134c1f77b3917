import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { EngineStatus } from '#shared/contract/system.ts';
import { Bubble } from '../components/bubble.tsx';
import { Icon } from '../components/icons.tsx';
import { paletteKeys } from '../lib/keyboard.ts';
import { type LiveStatus, liveStatus } from '../lib/live.ts';
import { operationQuery } from '../lib/query.ts';
import { useStore } from '../lib/store.ts';
import { isAt, pages } from './pages.ts';

type Light = 'good' | 'moving' | 'bad';

const shapes: Record<Light, string> = {
  good: 'rounded-full bg-running',
  moving: 'rounded-full border-[1.5px] border-moving',
  bad: 'rounded-[1px] bg-failed',
};

function State({ light, label, explanation }: { light: Light; label: string; explanation: string }) {
  return (
    <Bubble content={() => <p>{explanation}</p>}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its explanation opens on focus */}
      <span tabIndex={0} role="status" className="flex h-6 items-center gap-2 rounded-md px-1.5 text-12 text-soft">
        <span aria-hidden="true" className={`size-2 ${shapes[light]}`} />
        {label}
      </span>
    </Bubble>
  );
}

function connectionView({ state, refusal }: LiveStatus): { light: Light; label: string; explanation: string } {
  if (refusal === 'not-allowed') {
    return {
      light: 'bad',
      label: 'Not live',
      explanation: 'This key may not follow the events. The page is read every ten seconds.',
    };
  }
  switch (state) {
    case 'live':
      return { light: 'good', label: 'Live', explanation: 'What happens shows here at once.' };
    case 'connecting':
      return { light: 'moving', label: 'Connecting', explanation: 'The live connection is being opened.' };
    case 'offline':
      return {
        light: 'bad',
        label: 'Offline',
        explanation:
          'CLOS does not answer. What you see may be old; it is tried again all the time, and nothing is missed.',
      };
  }
}

function engineView(engine: EngineStatus): { light: Light; label: string; explanation: string } {
  const name = [engine.name, engine.version].filter((part) => part !== null).join(' ');
  switch (engine.state) {
    case 'available':
      return { light: 'good', label: name || 'Engine', explanation: `${engine.address ?? ''} ${engine.found}`.trim() };
    case 'unavailable':
      return {
        light: 'bad',
        label: 'Engine away',
        explanation: `${engine.reason ?? 'It does not answer.'} Containers are unknown until it is back; nothing is removed.`,
      };
    case 'none':
      return { light: 'bad', label: 'No engine', explanation: engine.reason ?? engine.found };
  }
}

/** Where am I, search or command, is it live, is the engine there. */
export function TopLine({ onPalette }: { onPalette: () => void }) {
  const [location] = useLocation();
  const live = useStore(liveStatus);
  const status = useQuery(operationQuery(contract.system.status));
  const page = pages.find((candidate) => isAt(candidate, location));
  // The id of a conflict or a route says nothing to people; the inspector does.
  const nameless = page?.path === '/conflicts' || page?.path === '/routes';
  const thing = nameless ? undefined : location.split('/')[2];
  return (
    <header className="flex h-11 shrink-0 items-center gap-4 border-b bg-sunken px-4">
      <p className="flex min-w-0 flex-1 items-baseline gap-2">
        <span className="font-semibold">CLOS</span>
        <span aria-hidden="true" className="text-faint">
          /
        </span>
        <span className="text-soft">{page?.label ?? 'Nowhere'}</span>
        {thing !== undefined && thing !== '' && (
          <>
            <span aria-hidden="true" className="text-faint">
              /
            </span>
            <span className="truncate">{decodeURIComponent(thing)}</span>
          </>
        )}
      </p>
      <button
        type="button"
        onClick={onPalette}
        className="flex h-7 w-72 items-center gap-2 rounded-md border border-line-strong bg-page px-2.5 text-faint hover:bg-hover max-[700px]:w-32"
      >
        <Icon name="search" />
        <span className="truncate">Search or command</span>
        <kbd className="mono ml-auto shrink-0">{paletteKeys}</kbd>
      </button>
      <div className="flex flex-1 items-center justify-end gap-3">
        {status.data !== undefined && <State {...engineView(status.data.engine)} />}
        <State {...connectionView(live)} />
      </div>
    </header>
  );
}
