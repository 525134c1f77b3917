import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Icon } from '../components/icons.tsx';
import { countWords } from '../lib/format.ts';
import { listQuery } from '../lib/query.ts';
import { isAt, type PageEntry, pages } from './pages.ts';

/** What wants somebody, by page. Everything else has no number. */
function useWants(): Partial<Record<PageEntry['path'], number>> {
  const services = useQuery(listQuery(contract.services.list));
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  return {
    '/services': services.data?.filter(({ status }) => status === 'failed' || status === 'unhealthy').length ?? 0,
    '/conflicts': conflicts.data?.length ?? 0,
  };
}

/** The narrow rail: the pages, and a count only where something wants you. */
export function Rail() {
  const [location] = useLocation();
  const wants = useWants();
  return (
    <nav aria-label="Pages" className="flex w-44 shrink-0 flex-col gap-0.5 border-r bg-sunken p-2 max-[900px]:w-13">
      {pages.map((page) => {
        const count = wants[page.path] ?? 0;
        return (
          <Link
            key={page.path}
            href={page.path}
            aria-current={isAt(page, location) ? 'page' : undefined}
            aria-label={count > 0 ? `${page.label}, ${countWords(count, 'thing')} wants you` : page.label}
            title={page.label}
            className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-soft hover:bg-hover hover:text-text aria-[current]:bg-active aria-[current]:font-medium aria-[current]:text-text"
          >
            <Icon name={page.icon} />
            <span className="max-[900px]:hidden">{page.label}</span>
            {count > 0 && <span className="ml-auto text-12 font-medium text-conflict">{count}</span>}
          </Link>
        );
      })}
    </nav>
  );
}
