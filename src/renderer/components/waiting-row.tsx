import { Link } from 'wouter';
import type { Service } from '#shared/contract/services.ts';
import { commandLines } from '../lib/commands.ts';
import { waitingWords } from '../lib/status-words.ts';
import { useStopWaiting } from '../lib/use-stop-waiting.ts';
import { ActionButton } from './action-button.tsx';
import { StatusGlyph } from './status-glyph.tsx';

/** A service that starts by itself as soon as its port frees, and the way to call that off. */
export function WaitingRow({ service }: { service: Service }) {
  const stop = useStopWaiting();
  return (
    <div className="flex h-(--row) items-center gap-2.5 pr-5 hover:bg-hover">
      <Link
        href={`/services/${service.name}`}
        className="flex h-full min-w-0 flex-1 items-center gap-2.5 pl-5 -outline-offset-2"
      >
        <StatusGlyph status="waiting" />
        <span className="min-w-0 truncate">
          <span className="font-medium">{service.name}</span> <span className="text-soft">{waitingWords(service)}</span>
        </span>
      </Link>
      <ActionButton
        label="Cancel"
        icon="close"
        command={commandLines.stop(service.name)}
        disabled={stop.isPending}
        onAct={() => stop.mutate(service)}
      />
    </div>
  );
}
