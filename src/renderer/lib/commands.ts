import type { ProgramRule } from '#shared/contract/settings.ts';
import type { Protocol } from './port-state.ts';
import type { AddressForm } from './route-words.ts';
import { joinWords } from './words.ts';

/** "3000", "5353/udp". */
function portWord(port: number, protocol: Protocol): string {
  return protocol === 'udp' ? `${port}/udp` : String(port);
}

function ruleCommand(name: 'protect' | 'may-end', rule: ProgramRule, remove: boolean): string {
  const contains = rule.commandContains === undefined ? [] : ['--command-contains', rule.commandContains];
  return joinWords(['clos', name, rule.name, ...contains, ...(remove ? ['--remove'] : [])]);
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
  cancel: (operationId: string) => `clos cancel ${operationId}`,
  who: (port: number) => `clos who ${port}`,
  adopt: (port: number, protocol: Protocol, name?: string) =>
    joinWords(['clos', 'adopt', portWord(port, protocol), ...(name === undefined ? [] : ['--name', name])]),
  reserve: (port: number, protocol: Protocol, note?: string) =>
    joinWords(['clos', 'ports', 'reserve', portWord(port, protocol), ...(note === undefined ? [] : ['--note', note])]),
  release: (port: number, protocol: Protocol) => `clos ports release ${portWord(port, protocol)}`,
  move: (service: string, endpoint: string, port: number | 'auto') => `clos ports move ${service}/${endpoint} ${port}`,
  setRange: (name: string, first: string, last: string) => `clos ports set-range ${name} ${first}-${last}`,
  removeRange: (name: string) => `clos ports rm-range ${name}`,
  onConflict: (policy: string) => `clos settings on-conflict ${policy}`,
  mayEnd: (rule: ProgramRule, remove: boolean) => ruleCommand('may-end', rule, remove),
  protect: (rule: ProgramRule, remove: boolean) => ruleCommand('protect', rule, remove),
  url: (service: string, endpoint: string | null, client: AddressForm['client']) =>
    joinWords([
      'clos',
      'url',
      service,
      ...(endpoint === null ? [] : [endpoint]),
      ...(client === 'browser' ? [] : ['--for', client]),
    ]),
  addRoute: (name: string, flags: readonly string[]) => joinWords(['clos', 'routes', 'add', name, ...flags]),
  setRoute: (route: string, flags: readonly string[]) => joinWords(['clos', 'routes', 'set', route, ...flags]),
  removeRoute: (route: string) => `clos routes rm ${route}`,
  showRoute: (id: string) => `clos api GET /routes/${id}`,
  servicesAt: (seq: number) => `clos ps --at ${seq}`,
  addWebhook: (url: string, types: readonly string[] | null) =>
    joinWords(['clos', 'webhooks', 'add', url, ...(types ?? []).flatMap((type) => ['--type', type])]),
  testWebhook: (id: string) => `clos webhooks test ${id}`,
  enableWebhook: (id: string) => `clos webhooks enable ${id}`,
  disableWebhook: (id: string) => `clos webhooks disable ${id}`,
  removeWebhook: (id: string) => `clos webhooks rm ${id}`,
  webhookDeliveries: (id: string, limit?: number) =>
    joinWords(['clos', 'webhooks', 'deliveries', id, ...(limit === undefined ? [] : ['-n', String(limit)])]),
  open: () => 'clos open',
};
