import { Link, useRoute } from 'wouter';
import { useMay } from '../lib/use-may.ts';

const part =
  '-mb-px flex items-center border-b-2 border-transparent text-soft hover:text-text aria-[current]:border-accent aria-[current]:text-text';

/** The parts of the settings, each a page with this line at its top. Who may not read a part does not see it. */
export function SettingsParts() {
  const [atWebhooks] = useRoute('/settings/webhooks/:id?');
  const mayReadWebhooks = useMay('webhooks:read');
  return (
    <nav aria-label="Parts of the settings" className="flex h-9 shrink-0 items-stretch gap-4 border-b px-5">
      <Link href="/settings" aria-current={atWebhooks ? undefined : 'page'} className={part}>
        Conflicts
      </Link>
      {mayReadWebhooks && (
        <Link href="/settings/webhooks" aria-current={atWebhooks ? 'page' : undefined} className={part}>
          Webhooks
        </Link>
      )}
    </nav>
  );
}
