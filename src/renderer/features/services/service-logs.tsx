import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { EmptyState, ErrorState } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { isAdopted, runOf } from '../../lib/runtime-words.ts';
import { clockWithSeconds } from '../../lib/time.ts';
import { type Logs, useLogs } from './use-logs.ts';

/** Pixels. */
const lineHeight = 20;

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are spoken to with control characters
const terminalCodes = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

function stateWords({ state, lines }: Logs): string {
  switch (state) {
    case 'loading':
      return 'Reading';
    case 'following':
      return lines.length === 0 ? 'Nothing was written yet' : countWords(lines.length, 'line');
    case 'ended':
      return lines.length === 0 ? 'It wrote nothing' : `${countWords(lines.length, 'line')}, the output has ended`;
    case 'failed':
      return 'Not available';
  }
}

/** Why there is nothing to read, where that is so. */
function silence(service: Service): string | null {
  if (service.runtime.type === 'external') return 'CLOS only watches this service. Whoever runs it has its output.';
  if (service.runtime.type === 'process' && isAdopted(service))
    return 'CLOS did not start this process, so its output goes where it went before. Restart it here to have it from then on.';
  return null;
}

/** What a service writes. */
export function ServiceLogs({ service }: { service: Service }) {
  const why = silence(service);
  if (why === null) return <Output service={service} />;
  return (
    <EmptyState title="Its output is not here">
      <p>{why}</p>
    </EmptyState>
  );
}

/** It follows the end until somebody scrolls up. */
function Output({ service }: { service: Service }) {
  const logs = useLogs(service.id, runOf(service));
  const scroller = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const virtual = useVirtualizer({
    count: logs.lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });

  useEffect(() => {
    if (follows && logs.lines.length > 0) virtual.scrollToIndex(logs.lines.length - 1, { align: 'end' });
  }, [follows, logs.lines, virtual]);

  if (logs.state === 'failed' && logs.lines.length === 0) return <ErrorState error={logs.error} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-9 shrink-0 items-center justify-between border-b px-5 text-12 text-faint">
        <span role="status">{stateWords(logs)}</span>
        {!follows && (
          <Button look="quiet" className="h-6 text-12" onClick={() => setFollows(true)}>
            Follow
          </Button>
        )}
      </div>
      <div
        ref={scroller}
        role="log"
        aria-label={`Output of ${service.name}`}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto bg-sunken py-2 -outline-offset-2"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          setFollows(scrollHeight - scrollTop - clientHeight < 2 * lineHeight);
        }}
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = logs.lines[index];
            if (line === undefined) return null;
            return (
              <div
                key={line.number}
                className="mono absolute top-0 left-0 flex h-5 min-w-full items-center gap-3 px-5 leading-5 whitespace-pre"
                style={{ transform: `translateY(${start}px)` }}
              >
                {line.time !== null && (
                  <time dateTime={line.time} className="shrink-0 text-faint select-none">
                    {clockWithSeconds(line.time)}
                  </time>
                )}
                <span className={line.stream === 'stderr' ? 'text-conflict' : ''}>
                  {line.line.replace(terminalCodes, '')}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
