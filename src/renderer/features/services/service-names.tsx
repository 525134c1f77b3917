import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Badge } from '../../components/badge.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Section } from '../../components/definition-list.tsx';
import { UrlLink } from '../../components/url-link.tsx';
import { listQuery } from '../../lib/query.ts';
import { routeLabel } from '../../lib/route-words.ts';

/** The names that lead to a service, each at the gateway; nothing where none does. */
export function ServiceNames({ serviceId }: { serviceId: string }) {
  const { data } = useQuery(listQuery(contract.routes.list, { service: serviceId }));
  const routes = data?.filter(({ shadowedBy }) => shadowedBy === null) ?? [];
  if (routes.length === 0) return null;
  return (
    <Section title="Names">
      <ul>
        {routes.map((route) => (
          <li key={route.id} className="flex min-h-7 items-center gap-2">
            <UrlLink url={route.url} className="min-w-0 truncate">
              {routeLabel(route)}
            </UrlLink>
            {route.kind === 'custom' && <Badge>made</Badge>}
            <span className="ml-auto flex shrink-0 items-center gap-2">
              <Link href={`/routes/${route.id}`} className="text-12 text-faint hover:text-text hover:underline">
                route to {route.targets.map(({ endpoint }) => endpoint).join(', ')}
              </Link>
              <CopyButton text={route.url} label={`Copy ${route.url}`} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
