import type { Holder } from '#shared/contract/conflicts.ts';
import type { PortReport } from '#shared/contract/ports.ts';
import { clockWords } from '../lib/time.ts';

/** "pid 4242 · ada · since 09:12": what is known, in one line. */
export function holderFacts(holder: Holder): string {
  return [
    holder.pid === null ? null : `pid ${holder.pid}`,
    holder.user,
    holder.since === null ? null : `since ${clockWords(holder.since)}`,
  ]
    .filter((fact) => fact !== null)
    .join(' · ');
}

/** "blog  ~/src/blog  main": where the holder comes from. Null if nothing is known. */
export function holderOrigin(holder: Holder): string | null {
  const parts = [holder.project, holder.checkout?.root, holder.checkout?.branch, holder.container?.image];
  const known = parts.filter((part) => part !== null && part !== undefined);
  return known.length === 0 ? null : known.join('  ');
}

function Line({ head, facts }: { head: string; facts: Array<string | null> }) {
  const known = facts.filter((fact) => fact !== null && fact !== '');
  return (
    <li className="min-w-0">
      <span className="font-medium">{head}</span>
      {known.length > 0 && <span className="text-soft"> · {known.join(' · ')}</span>}
    </li>
  );
}

/** Everybody who holds a port or asks for it. */
export function PortHolders({ report }: { report: PortReport }) {
  if (report.free) return <p className="text-soft">Nobody holds it.</p>;
  if (report.listeners.length + report.leases.length + report.claims.length === 0) {
    return <p className="text-soft">Something holds it that cannot be seen from here.</p>;
  }
  return (
    <ul className="flex flex-col gap-1">
      {report.leases.map((lease) => (
        <Line
          key={lease.id}
          head={`Leased to ${lease.service.name}`}
          facts={[lease.endpoint, `since ${clockWords(lease.since)}`, lease.reason]}
        />
      ))}
      {report.listeners.map(({ protocol, address, holder }) => (
        <Line
          key={`${protocol} ${address} ${holder.pid}`}
          head={`${holder.name} listens`}
          facts={[`${protocol} ${address}`, holderFacts(holder), holderOrigin(holder)]}
        />
      ))}
      {report.claims.map(({ container, protocol, address }) => (
        <Line
          key={`${container.id} ${protocol} ${address}`}
          head={`Claimed by the ${container.state} container ${container.name}`}
          facts={[container.image]}
        />
      ))}
    </ul>
  );
}
