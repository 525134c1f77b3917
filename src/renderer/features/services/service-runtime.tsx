import type { ReactNode } from 'react';
import type { Service } from '#shared/contract/services.ts';
import { Badge } from '../../components/badge.tsx';
import { Definition, Definitions } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { fullTime } from '../../lib/time.ts';
import { joinWords } from '../../lib/words.ts';

type Runtime = Service['runtime'];
type Of<T extends Runtime['type']> = Extract<Runtime, { type: T }>;

function Started({ iso }: { iso: string }) {
  return (
    <Definition name="Started">
      {fullTime(iso)} · <RelativeTime iso={iso} />
    </Definition>
  );
}

function LastExit({ words, at }: { words: string; at: string | null }) {
  return (
    <Definition name="Last exit">
      {words}
      {at !== null && (
        <>
          {' '}
          · <RelativeTime iso={at} />
        </>
      )}
    </Definition>
  );
}

function Nothing({ children }: { children: ReactNode }) {
  return <p className="text-soft">{children}</p>;
}

function ContainerRun({ runtime: { observed } }: { runtime: Of<'container'> }) {
  if (observed === null) return <Nothing>It has no container yet. The first start makes one.</Nothing>;
  const { exit } = observed;
  return (
    <Definitions>
      <Definition name="Container" mono>
        <span title={observed.containerId}>{observed.containerId.slice(0, 12)}</span> {observed.containerName}
      </Definition>
      <Definition name="State">
        {observed.state}
        {observed.pid !== null && observed.pid > 0 && ` · pid ${observed.pid}`}
      </Definition>
      {observed.adopted && <Adopted>CLOS did not make this container: it was taken over as it ran.</Adopted>}
      {observed.startedAt !== null && <Started iso={observed.startedAt} />}
      {exit !== null && <LastExit words={`${exit.code}${exit.oomKilled ? ', out of memory' : ''}`} at={exit.at} />}
    </Definitions>
  );
}

function Adopted({ children }: { children: ReactNode }) {
  return (
    <Definition name="Origin">
      <Badge>adopted</Badge> <span className="text-soft">{children}</span>
    </Definition>
  );
}

function exitWords({ code, signal }: { code: number | null; signal: string | null }): string {
  if (signal !== null) return `ended by ${signal}`;
  return code === null ? 'unknown' : String(code);
}

function ProcessRun({ runtime: { observed } }: { runtime: Of<'process'> }) {
  if (observed === null) return <Nothing>It has no process yet. The first start makes one.</Nothing>;
  const { exit, state } = observed;
  return (
    <Definitions>
      <Definition name="Process">
        pid {observed.pid} · {state}
      </Definition>
      {observed.adopted && <Adopted>CLOS did not start this process: it was taken over as it ran.</Adopted>}
      <Started iso={observed.startedAt} />
      {exit !== null ? (
        <LastExit words={exitWords(exit)} at={exit.at} />
      ) : (
        state === 'exited' && <LastExit words="nobody saw how it ended" at={null} />
      )}
    </Definitions>
  );
}

function ExternalRun({ runtime: { observed } }: { runtime: Of<'external'> }) {
  if (observed === null) return <Nothing>Nobody has looked yet.</Nothing>;
  if (!observed.answering) return <Nothing>Nobody answers on its ports.</Nothing>;
  const who = [observed.name, observed.pid === null ? null : `pid ${observed.pid}`].filter((part) => part !== null);
  return (
    <Definitions>
      <Definition name="Answers">{who.length === 0 ? 'somebody who cannot be named' : who.join(' · ')}</Definition>
      <Definition name="Seen">
        <RelativeTime iso={observed.observedAt} />
      </Definition>
    </Definitions>
  );
}

/** What runs now, or ran last. */
export function ServiceRun({ runtime }: { runtime: Runtime }) {
  switch (runtime.type) {
    case 'container':
      return <ContainerRun runtime={runtime} />;
    case 'process':
      return <ProcessRun runtime={runtime} />;
    case 'external':
      return <ExternalRun runtime={runtime} />;
  }
}

/** What was registered to run, as definitions. */
export function RuntimeDefinitions({ runtime }: { runtime: Runtime }) {
  switch (runtime.type) {
    case 'container':
      return (
        <>
          <Definition name="Image" mono>
            {runtime.image}
          </Definition>
          {runtime.command !== undefined && (
            <Definition name="Command" mono>
              {joinWords(runtime.command)}
            </Definition>
          )}
        </>
      );
    case 'process':
      return (
        <>
          <Definition name="Command" mono>
            {joinWords(runtime.command)}
          </Definition>
          <Definition name="Folder" mono>
            {runtime.cwd}
          </Definition>
        </>
      );
    case 'external':
      return <Definition name="Runs">by somebody else; CLOS only watches</Definition>;
  }
}
