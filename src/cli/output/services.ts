import type { Service } from '#shared/contract/services.ts';
import { joinWords } from '../parse/words.ts';
import { conflictGlyph, statusMarks } from './status.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

export interface ServicesView {
  width: number | null;
  paint: Paint;
  now: number;
}

/** A service's ports: the leased ones, else the wanted ones. `:3000`, `:5353/udp`, `auto`. */
export function portsText(service: Service): string {
  const ports = service.endpoints.map(({ lease, hostPort, protocol }) => {
    const port = lease?.port ?? hostPort;
    return port === 'auto' ? 'auto' : `:${port}${protocol === 'udp' ? '/udp' : ''}`;
  });
  return ports.length === 0 ? '–' : ports.join(' ');
}

function sinceText(service: Service, now: number): string {
  const since = ago(service.statusSince, now);
  return service.statusReason === null ? since : `${since}: ${service.statusReason}`;
}

/** What a service runs: an image, a command line, or, of what CLOS only watches, who answers there. */
export function runsText({ runtime }: Service): string {
  switch (runtime.type) {
    case 'container':
      return runtime.image;
    case 'process':
      return joinWords(runtime.command);
    case 'external': {
      const name = runtime.observed?.answering === true ? runtime.observed.name : null;
      return name === null ? 'only watched' : `only watched: ${name}`;
    }
  }
}

/** The process behind a service, as long as it runs. */
function pidOf({ runtime }: Service): number | null {
  const { observed } = runtime;
  if (observed === null) return null;
  if ('answering' in observed) return observed.answering ? observed.pid : null;
  return observed.state === 'running' ? observed.pid : null;
}

/** The list of services as a table, with a line below for each one that wants something. */
export function renderServices(services: readonly Service[], view: ServicesView): string[] {
  const { paint, now } = view;
  const columns: Array<Column<Service>> = [
    {
      title: 'Status',
      value: ({ status }) => `${statusMarks[status].glyph} ${status}`,
      paint: ({ status }, text) => paint(statusMarks[status].colour, text),
    },
    { title: 'Name', value: ({ name }) => name, paint: (_service, text) => paint('bold', text) },
    { title: 'Ports', value: portsText, paint: (_service, text) => paint('cyan', text) },
    { title: 'Runs', value: runsText, yields: 1, shrinksTo: 12 },
    { title: 'Pid', value: (service) => String(pidOf(service) ?? '–'), yields: 0 },
    { title: 'Since', value: (service) => sinceText(service, now), yields: 2, shrinksTo: 10 },
    { title: 'Health', value: ({ health }) => (health === 'none' ? '–' : health), yields: 3 },
  ];
  const outdated = services.filter((service) => service.needsRestart);
  const waiting = services.filter((service) => service.waits);
  return [
    ...renderTable(services, columns, { width: view.width, paint }),
    ...outdated.map(({ name }) => `${name} runs as it was before its last change. Apply it: clos restart ${name}`),
    ...waiting.map(
      ({ name }) => `${name} starts by itself as soon as its port is free. See what holds it: clos conflicts`,
    ),
  ];
}

/** It runs, or is about to. */
export function isUp({ status }: Service): boolean {
  return status === 'running' || status === 'starting' || status === 'unhealthy';
}

/** One service in one line, after something was done to it. */
export function serviceLine(service: Service, paint: Paint): string {
  const { glyph, colour } = statusMarks[service.status];
  const ports = service.endpoints.length === 0 ? '' : ` on ${portsText(service)}`;
  const running = isUp(service);
  const url = running ? (service.endpoints.find((endpoint) => endpoint.url !== null)?.url ?? null) : null;
  const reason = service.statusReason === null ? '' : `: ${service.statusReason}`;
  const where = running
    ? ports
    : service.endpoints.some(({ lease }) => lease !== null)
      ? `, keeps ${portsText(service)}`
      : '';
  return `${paint(colour, glyph)} ${service.name} is ${service.status}${where}${reason}${url === null ? '' : `  ${url}`}`;
}

/** The same, and a line for each endpoint that is not on the port that it wants, because a browser tab may still be on that one. */
export function startedLines(service: Service, paint: Paint): string[] {
  const moved = service.endpoints.flatMap(({ hostPort, lease }) =>
    !isUp(service) || lease === null || hostPort === 'auto' || hostPort === lease.port
      ? []
      : [`  ${paint('yellow', conflictGlyph)} :${lease.port} instead of :${hostPort}: ${lease.reason}`],
  );
  return [serviceLine(service, paint), ...moved];
}
