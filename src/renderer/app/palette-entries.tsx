import type { ReactNode } from 'react';
import type { Service } from '#shared/contract/services.ts';
import { Icon } from '../components/icons.tsx';
import { StatusGlyph } from '../components/status-glyph.tsx';
import { commandWords, mayRun, type ServiceCommand } from '../features/services/use-service-commands.ts';
import { commandLines } from '../lib/commands.ts';
import { portIn } from '../lib/port-state.ts';
import { type Theme, themes } from '../lib/theme.ts';
import { pages } from './pages.ts';

/** A line of the palette: what it says, and what it does. */
export interface Entry {
  id: string;
  group: 'Pages' | 'Ports' | 'Services' | 'Commands';
  label: string;
  icon: ReactNode;
  /** At the right: the same on the command line, or a key. */
  aside?: string;
  act: () => void;
}

/** What the palette can do. */
export interface Deeds {
  goTo(path: string): void;
  run(command: ServiceCommand, service: Service): void;
  chooseTheme(theme: Theme): void;
  /** Null where nobody can sign out. */
  signOut: (() => void) | null;
}

/** The most that is shown of one group: with a thousand services, typing narrows, and scrolling does not help. */
const shownPerGroup = 12;

const commands: readonly ServiceCommand[] = ['start', 'stop', 'restart'];

const themeWords: Record<Theme, string> = {
  system: "Follow the system's theme",
  light: 'Use the light theme',
  dark: 'Use the dark theme',
};

/** Every word must occur, in any order: "web sto" finds "Stop web". */
function matcher(query: string): (label: string) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (label) => {
    const text = label.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function commandEntries(services: readonly Service[], deeds: Deeds, matches: (label: string) => boolean): Entry[] {
  const found: Entry[] = [];
  for (const command of commands) {
    for (const service of services) {
      const label = `${commandWords[command].label} ${service.name}`;
      if (found.length === shownPerGroup) return found;
      if (!matches(label) || !mayRun(command, service)) continue;
      found.push({
        id: `${command} ${service.id}`,
        group: 'Commands',
        label,
        icon: <Icon name={command === 'start' ? 'play' : command} />,
        aside: commandLines[command](service.name),
        act: () => deeds.run(command, service),
      });
    }
  }
  return found;
}

/** What a query finds: pages, services by name, commands on services, and what is about the window itself. */
export function findEntries(query: string, services: readonly Service[], deeds: Deeds): Entry[] {
  const matches = matcher(query);
  const named = services.filter(({ name }) => matches(name)).slice(0, shownPerGroup);
  const window: Entry[] = [
    ...themes.map(
      (theme): Entry => ({
        id: `theme ${theme}`,
        group: 'Commands',
        label: themeWords[theme],
        icon: null,
        act: () => deeds.chooseTheme(theme),
      }),
    ),
    ...(deeds.signOut === null
      ? []
      : [{ id: 'sign out', group: 'Commands', label: 'Sign out', icon: null, act: deeds.signOut } satisfies Entry]),
  ];
  const port = portIn(query);
  if (port !== null) {
    return [
      {
        id: `port ${port}`,
        group: 'Ports',
        label: `Who holds :${port}`,
        icon: <Icon name="ports" />,
        aside: commandLines.who(port),
        act: () => deeds.goTo(`/ports/${port}`),
      },
    ];
  }
  return [
    ...pages.map(
      ({ path, label, icon, key }): Entry => ({
        id: path,
        group: 'Pages',
        label,
        icon: <Icon name={icon} />,
        aside: `g ${key}`,
        act: () => deeds.goTo(path),
      }),
    ),
    ...named.map(
      (service): Entry => ({
        id: service.id,
        group: 'Services',
        label: service.name,
        icon: <StatusGlyph status={service.status} />,
        act: () => deeds.goTo(`/services/${service.name}`),
      }),
    ),
    ...(query.trim() === '' ? [] : commandEntries(services, deeds, matches)),
    ...window,
  ].filter(({ label }) => matches(label));
}
