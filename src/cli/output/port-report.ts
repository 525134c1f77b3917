import { hostInUrl } from '#shared/contract/places.ts';
import type { LeaseRow, NamedPortReport, PortReport } from '#shared/contract/ports.ts';
import { type CardView, holderLines, holderName } from './card.ts';
import { clockTime } from './time.ts';

/** Who a port belongs to, in one name: "nobody", "web", "node". */
export function portOwner(report: PortReport): string {
  const listener = report.listeners[0];
  if (report.clos === null && listener !== undefined) return holderName(listener.holder);
  if (report.clos !== null) return `CLOS (${report.clos})`;
  const lease = report.leases[0];
  if (lease !== undefined) return lease.service === null ? 'a reservation' : `service ${lease.service.name}`;
  const claim = report.claims[0];
  return claim === undefined ? 'nobody' : `container ${claim.container.name}`;
}

/** Everything known about a port: a sentence, then a line for each listener, lease, name, claim and note. */
export function renderPortReport(report: NamedPortReport, view: Omit<CardView, 'width'>): string[] {
  const { port, listeners, leases, routes, claims, notes } = report;
  const { paint } = view;
  return [
    headline(report, paint('bold', `:${port}`)),
    ...listeners.flatMap(({ protocol, address, holder }) => {
      const [first = '', ...rest] = holderLines(holder, { ...view, indent: 33 });
      return [
        `  listens  ${protocol} ${socketName(address, port)}  ${first}`,
        ...rest.map((line) => `           ${line}`),
      ];
    }),
    ...leases.map((lease) => {
      const { protocol, address, since, reason, range } = lease;
      const facts = [range === null ? null : `range ${range}`, `since ${clockTime(since, view.now)}`, reason];
      const details = paint('dim', facts.filter((fact) => fact !== null && fact !== '').join(' · '));
      const kind = lease.service === null ? 'reserved' : 'leased  ';
      return `  ${kind} ${protocol} ${socketName(address, port)}  ${leaseOwner(lease)}  ${details}`;
    }),
    ...routes.map(({ url }) => `  named    ${url}`),
    ...claims.map(
      ({ protocol, address, container }) =>
        `  claimed  ${protocol} ${socketName(address, port)}  container ${container.name} (${container.image}, ${container.state})`,
    ),
    ...notes.map((note) => `  note     ${note}`),
  ];
}

/** "web (http)", or what a reservation is for. */
export function leaseOwner({ service, endpoint, note }: LeaseRow): string {
  if (service === null) return note === null || note === '' ? 'for nobody in particular' : note;
  return endpoint === null ? service.name : `${service.name} (${endpoint})`;
}

function headline(report: PortReport, port: string): string {
  const owner = portOwner(report);
  if (owner === 'nobody') return `${port} is held by nobody.`;
  if (report.clos !== null) return `${port} belongs to ${owner}.`;
  if (report.listeners.length > 0) return `${port} is held by ${owner}.`;
  const [lease] = report.leases;
  if (lease?.service === null) return `${port} is reserved: ${leaseOwner(lease)}; nothing listens there now.`;
  if (lease !== undefined) return `${port} belongs to ${owner}; nothing listens there now.`;
  return `${port} is claimed by ${owner}; nothing listens there now.`;
}

/** `127.0.0.1:3000`, `[::1]:3000`. */
export function socketName(address: string, port: number): string {
  return `${hostInUrl(address)}:${port}`;
}
