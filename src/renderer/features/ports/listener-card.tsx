import { Link } from 'wouter';
import type { PortReport } from '#shared/contract/ports.ts';
import { Badge } from '../../components/badge.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Definition, Definitions } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { isAdoptable } from '../../lib/port-state.ts';
import { clockWords } from '../../lib/time.ts';
import { AdoptForm } from './adopt-form.tsx';

type Listener = PortReport['listeners'][number];

/** One who listens: the program, its command, who started it, where it comes from; and the way to make it a service. */
export function ListenerCard({ listener }: { listener: Listener }) {
  const { holder, protocol, address, port } = listener;
  const { pid, user, since, command, project, checkout, container, service } = holder;
  return (
    <li className="py-1">
      <p className="mb-1.5 flex items-baseline gap-2">
        <span className="font-medium">{holder.name}</span>
        <span className="mono text-soft">
          {protocol} {address}
        </span>
        {holder.protected && <Badge>protected</Badge>}
      </p>
      <Definitions>
        {service !== null && (
          <Definition name="Service">
            <Link href={`/services/${service.name}`} className="text-accent hover:underline">
              {service.name}
            </Link>
          </Definition>
        )}
        {command !== null && (
          <Definition name="Command" mono>
            <span className="flex items-start gap-1">
              <span className="min-w-0 flex-1 break-all">{command}</span>
              <CopyButton text={command} label="Copy the command" className="-my-0.5" />
            </span>
          </Definition>
        )}
        {(pid !== null || user !== null) && (
          <Definition name="Process">
            {[pid === null ? null : `pid ${pid}`, user].filter((part) => part !== null).join(' · ')}
          </Definition>
        )}
        {since !== null && (
          <Definition name="Since">
            {clockWords(since)} · <RelativeTime iso={since} />
          </Definition>
        )}
        {project !== null && <Definition name="Project">{project}</Definition>}
        {checkout !== null && (
          <Definition name="Checkout" mono>
            {checkout.root}
            {checkout.branch !== null && <span className="text-soft"> {checkout.branch}</span>}
          </Definition>
        )}
        {container !== null && (
          <Definition name="Container" mono>
            {container.name} <span className="text-soft">{container.image}</span>
          </Definition>
        )}
      </Definitions>
      {isAdoptable(holder) && <AdoptForm port={port} protocol={protocol} />}
    </li>
  );
}
