import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Icon } from '../components/icons.tsx';
import { useServiceCommands } from '../features/services/use-service-commands.ts';
import { connection } from '../lib/connection.ts';
import { listQuery } from '../lib/query.ts';
import { forgetToken } from '../lib/session.ts';
import { chooseTheme } from '../lib/theme.ts';
import { type Entry, findEntries } from './palette-entries.tsx';

const groups = ['Pages', 'Ports', 'Services', 'Commands'] as const;

const groupClass =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-faint';

function Item({ entry, onSelect }: { entry: Entry; onSelect: () => void }) {
  return (
    <Command.Item
      value={entry.id}
      onSelect={onSelect}
      className="flex h-9 items-center gap-2.5 rounded-md px-3 data-[selected=true]:bg-active"
    >
      <span className="flex w-4 justify-center text-soft">{entry.icon}</span>
      <span className="min-w-0 flex-1 truncate">{entry.label}</span>
      {entry.aside !== undefined && <code className="mono shrink-0 text-faint">{entry.aside}</code>}
    </Command.Item>
  );
}

async function signOut(): Promise<void> {
  await connection.client.auth.signOut().catch(() => undefined);
  forgetToken();
}

/** Go anywhere, do anything, from the keyboard. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState('');
  const services = useQuery(listQuery(contract.services.list));
  const run = useServiceCommands();
  const [, navigate] = useLocation();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector('input')?.focus();
    return () => element?.close();
  }, []);

  const entries = findEntries(query, services.data ?? [], {
    goTo: navigate,
    run,
    chooseTheme,
    signOut: connection.kind === 'browser' ? () => void signOut() : null,
  });
  const pick = (entry: Entry) => {
    dialog.current?.close();
    onClose();
    entry.act();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, by the dialog itself
    <dialog
      ref={dialog}
      aria-label="Search or command"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className="fade-in mx-auto mt-[12vh] w-[min(600px,calc(100dvw-64px))] overflow-hidden rounded-xl border border-line-strong bg-raised text-text shadow-float"
    >
      <Command label="Search or command" loop shouldFilter={false}>
        <div className="flex h-12 items-center gap-2.5 border-b px-5 text-faint">
          <Icon name="search" />
          <Command.Input
            value={query}
            onValueChange={setQuery}
            placeholder="Go to, start, stop"
            className="min-w-0 flex-1 bg-transparent text-14 text-text outline-none placeholder:text-faint"
          />
        </div>
        <Command.List className="max-h-[min(400px,50vh)] overflow-y-auto p-2">
          {entries.length === 0 && <p className="px-3 py-6 text-soft">Nothing is called that.</p>}
          {groups.map((group) => {
            const members = entries.filter((entry) => entry.group === group);
            if (members.length === 0) return null;
            return (
              <Command.Group key={group} heading={group} className={groupClass}>
                {members.map((entry) => (
                  <Item key={entry.id} entry={entry} onSelect={() => pick(entry)} />
                ))}
              </Command.Group>
            );
          })}
        </Command.List>
      </Command>
    </dialog>
  );
}
