import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Icon } from '../components/icons.tsx';
import { StatusGlyph } from '../components/status-glyph.tsx';
import {
  commandWords,
  mayRun,
  type ServiceCommand,
  useServiceCommands,
} from '../features/services/use-service-commands.ts';
import { commandLines } from '../lib/commands.ts';
import { connection } from '../lib/connection.ts';
import { listQuery } from '../lib/query.ts';
import { forgetToken } from '../lib/session.ts';
import { chooseTheme, type Theme, themes } from '../lib/theme.ts';
import { pages } from './pages.ts';

const commands: readonly ServiceCommand[] = ['start', 'stop', 'restart'];

const themeWords: Record<Theme, string> = {
  system: "Follow the system's theme",
  light: 'Use the light theme',
  dark: 'Use the dark theme',
};

interface ItemProps {
  value: string;
  icon: ReactNode;
  children: ReactNode;
  /** At the right: the same on the command line, or a key. */
  aside?: string;
  onSelect: () => void;
}

function Item({ value, icon, children, aside, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 items-center gap-2.5 rounded-md px-3 data-[selected=true]:bg-active"
    >
      <span className="flex w-4 justify-center text-soft">{icon}</span>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {aside !== undefined && <code className="mono shrink-0 text-faint">{aside}</code>}
    </Command.Item>
  );
}

const groupClass =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-faint';

async function signOut(): Promise<void> {
  await connection.client.auth.signOut().catch(() => undefined);
  forgetToken();
}

/** Go anywhere, do anything, from the keyboard. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const services = useQuery(listQuery(contract.services.list));
  const run = useServiceCommands();
  const [, navigate] = useLocation();
  useEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector('input')?.focus();
    const element = dialog.current;
    return () => element?.close();
  }, []);
  const pick = (act: () => void) => () => {
    dialog.current?.close();
    onClose();
    act();
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
      <Command label="Search or command" loop>
        <div className="flex h-12 items-center gap-2.5 border-b px-5 text-faint">
          <Icon name="search" />
          <Command.Input
            placeholder="Go to, start, stop"
            className="min-w-0 flex-1 bg-transparent text-14 text-text outline-none placeholder:text-faint"
          />
        </div>
        <Command.List className="max-h-[min(400px,50vh)] overflow-y-auto p-2">
          <Command.Empty className="px-3 py-6 text-soft">Nothing is called that.</Command.Empty>
          <Command.Group heading="Pages" className={groupClass}>
            {pages.map(({ path, label, icon, key }) => (
              <Item
                key={path}
                value={`go to ${label}`}
                icon={<Icon name={icon} />}
                aside={`g ${key}`}
                onSelect={pick(() => navigate(path))}
              >
                {label}
              </Item>
            ))}
          </Command.Group>
          <Command.Group heading="Services" className={groupClass}>
            {services.data?.map((service) => (
              <Item
                key={service.id}
                value={`open ${service.name}`}
                icon={<StatusGlyph status={service.status} />}
                onSelect={pick(() => navigate(`/services/${service.name}`))}
              >
                {service.name}
              </Item>
            ))}
          </Command.Group>
          <Command.Group heading="Commands" className={groupClass}>
            {commands.flatMap((command) =>
              (services.data ?? [])
                .filter((service) => mayRun(command, service))
                .map((service) => (
                  <Item
                    key={`${command} ${service.id}`}
                    value={`${command} ${service.name}`}
                    icon={<Icon name={command === 'start' ? 'play' : command} />}
                    aside={commandLines[command](service.name)}
                    onSelect={pick(() => run(command, service))}
                  >
                    {commandWords[command].label} {service.name}
                  </Item>
                )),
            )}
            {themes.map((theme) => (
              <Item key={theme} value={themeWords[theme]} icon={null} onSelect={pick(() => chooseTheme(theme))}>
                {themeWords[theme]}
              </Item>
            ))}
            {connection.kind === 'browser' && (
              <Item value="sign out" icon={null} onSelect={pick(() => void signOut())}>
                Sign out
              </Item>
            )}
          </Command.Group>
        </Command.List>
      </Command>
    </dialog>
  );
}
