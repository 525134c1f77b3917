import type { PortReport } from '#shared/contract/ports.ts';
import { type CardView, holderLines, holderName } from './card.ts';
import { clockTime } from './time.ts';

/** Who a port belongs to, in one name: "nobody", "web", "node". */
export function portOwner(report: PortReport): string {
  const listener = report.listeners[0];
  if (listener !== undefined) return holderName(listener.holder);
  const lease = report.leases[0];
  if (lease !== undefined) return `service ${lease.service.name}`;
  const claim = report.claims[0];
  return claim === undefined ? 'nobody' : `container ${claim.container.name}`;
}

/** Everything known about a port: a sentence, then a line for each listener, lease and claim. */
export function renderPortReport(report: PortReport, view: Omit<CardView, 'width'>): string[] {
  const { port, listeners, leases, claims } = report;
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
    ...leases.map(({ service, endpoint, protocol, address, since, reason, range }) => {
      const facts = [`range ${range}`, `since ${clockTime(since, view.now)}`, reason].join(' · ');
      return `  leased   ${protocol} ${socketName(address, port)}  ${service.name} (${endpoint})  ${paint('dim', facts)}`;
    }),
    ...claims.map(
      ({ protocol, address, container }) =>
        `  claimed  ${protocol} ${socketName(address, port)}  container ${container.name} (${container.image}, ${container.state})`,
    ),
  ];
}

function headline(report: PortReport, port: string): string {
  const owner = portOwner(report);
  if (owner === 'nobody') return `${port} is held by nobody.`;
  if (report.listeners.length > 0) return `${port} is held by ${owner}.`;
  if (report.leases.length > 0) return `${port} belongs to ${owner}; nothing listens there now.`;
  return `${port} is claimed by ${owner}; nothing listens there now.`;
}

function socketName(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
