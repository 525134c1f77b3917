import type { Holder } from '#shared/contract/conflicts.ts';
import type { LeaseRow, PortReport } from '#shared/contract/ports.ts';
import { checkoutWords } from '../lib/conflict-words.ts';
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

/** "blog  /home/ada/src/blog (main)": where the holder comes from. Null if nothing is known. */
export function holderOrigin(holder: Holder): string | null {
  const parts = [holder.project, checkoutWords(holder), holder.container?.image];
  const known = parts.filter((part) => part !== null && part !== undefined);
  return known.length === 0 ? null : known.join('  ');
}

/** "Leased to web/http", "Reserved". */
export function leaseHead({ service, endpoint }: LeaseRow): string {
  if (service === null) return 'Reserved';
  return `Leased to ${service.name}${endpoint === null ? '' : `/${endpoint}`}`;
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
  const { listeners, leases, claims, clos } = report;
  if (report.free) return <p className="text-soft">Nobody holds it.</p>;
  if (clos === null && listeners.length + leases.length + claims.length === 0) {
    return <p className="text-soft">Something holds it that cannot be seen from here.</p>;
  }
  return (
    <ul className="flex flex-col gap-1">
      {clos !== null && <Line head={`CLOS has it for its ${clos}`} facts={[]} />}
      {leases.map((lease) => (
        <Line
          key={lease.id}
          head={leaseHead(lease)}
          facts={[lease.note, `since ${clockWords(lease.since)}`, lease.service === null ? null : lease.reason]}
        />
      ))}
      {listeners.map(({ protocol, address, holder }) => (
        <Line
          key={`${protocol} ${address} ${holder.pid}`}
          head={`${holder.name} listens`}
          facts={[`${protocol} ${address}`, holderFacts(holder), holderOrigin(holder)]}
        />
      ))}
      {claims.map(({ container, protocol, address }) => (
        <Line
          key={`${container.id} ${protocol} ${address}`}
          head={`Claimed by the ${container.state} container ${container.name}`}
          facts={[container.image]}
        />
      ))}
    </ul>
  );
}
