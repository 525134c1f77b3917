import type { Protocol } from './port-state.ts';
import { joinWords } from './words.ts';

function udp(protocol: Protocol): string[] {
  return protocol === 'udp' ? ['--udp'] : [];
}

/** The command line's words for what a click does. One place, so that the dashboard never shows a command that does not exist. */
export const commandLines = {
  start: (...names: string[]) => joinWords(['clos', 'start', ...names]),
  stop: (name: string) => `clos stop ${name}`,
  restart: (name: string) => `clos restart ${name}`,
  delete: (name: string) => `clos rm ${name}`,
  show: (name: string) => `clos api GET /services/${name}`,
  logs: (name: string) => `clos logs ${name} -f`,
  resolve: (id: string, option: string) => `clos resolve ${id} --option ${option}`,
  undo: (operationId: string) => `clos undo ${operationId}`,
  who: (port: number) => `clos who ${port}`,
  adopt: (what: number | string, name?: string) =>
    joinWords(['clos', 'adopt', String(what), ...(name === undefined ? [] : ['--name', name])]),
  reserve: (port: number, { note, protocol }: { note?: string; protocol: Protocol }) =>
    joinWords([
      'clos',
      'ports',
      'reserve',
      String(port),
      ...udp(protocol),
      ...(note === undefined ? [] : ['--note', note]),
    ]),
  release: (port: number) => `clos ports release ${port}`,
  move: (service: string, endpoint: string, port: number | 'auto') => `clos ports move ${service}/${endpoint} ${port}`,
  setRange: (name: string, first: string, last: string) => `clos ports set-range ${name} ${first}-${last}`,
  onConflict: (policy: string) => `clos settings on-conflict ${policy}`,
  open: () => 'clos open',
};
