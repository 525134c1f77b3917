import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { inputClass } from '../../components/field.tsx';
import { PortHolders } from '../../components/port-holders.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { commandLines } from '../../lib/commands.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { operationQuery } from '../../lib/query.ts';

function parsePort(text: string): number | null {
  const port = Number(text.replace(/^:/, ''));
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : null;
}

function Answer({ port }: { port: number }) {
  const who = useQuery({ ...operationQuery(contract.ports.who, { port }), staleTime: 0 });
  return (
    <div role="status" className="mt-3 flex items-start justify-between gap-4 rounded-md bg-active px-3 py-2">
      <div className="min-w-0">
        {who.isPending ? (
          <p className="skeleton h-5 w-48" />
        ) : who.isError ? (
          <InlineProblem error={who.error} />
        ) : (
          <PortHolders report={who.data} />
        )}
      </div>
      <CommandLine command={commandLines.who(port)} className="shrink-0" />
    </div>
  );
}

/** "Who holds :3000": the answer has an address of its own, `/ports/3000`. */
export function PortLookup({ asked }: { asked: number | null }) {
  const [, navigate] = useLocation();
  const [text, setText] = useState(asked === null ? '' : String(asked));
  const input = useRef<HTMLInputElement>(null);
  const port = parsePort(text);
  useKeys({ '/': () => input.current?.focus() });
  const wrong = text !== '' && port === null;

  return (
    <form
      aria-label="Who holds a port"
      className="border-b px-5 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (port !== null) navigate(`/ports/${port}`);
      }}
    >
      <div className="flex items-center gap-2">
        <label htmlFor="port-lookup" className="text-soft">
          Who holds
        </label>
        <input
          ref={input}
          id="port-lookup"
          value={text}
          inputMode="numeric"
          placeholder="3000"
          autoComplete="off"
          aria-invalid={wrong}
          aria-describedby={wrong ? 'port-lookup-note' : undefined}
          onChange={(event) => setText(event.target.value)}
          className={`${inputClass} mono !w-24`}
        />
        <Button type="submit" disabled={port === null}>
          Look
        </Button>
        {wrong && (
          <p id="port-lookup-note" className="text-12 text-failed">
            a port, 1 to 65535
          </p>
        )}
      </div>
      {asked !== null && <Answer key={asked} port={asked} />}
    </form>
  );
}
