import type { Route } from '#shared/contract/routes.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Section } from '../../components/definition-list.tsx';
import { copyText } from '../../lib/copy-text.ts';
import { addressForms } from '../../lib/route-words.ts';
import { lookCommand, urlCommand } from './route-commands.ts';

/** How each kind of client reaches what the route leads to; where it leads to several, the first that takes requests. */
export function RouteAddresses({ route, routes }: { route: Route; routes: readonly Route[] }) {
  const target = route.targets.find(({ draining }) => !draining) ?? route.targets[0];
  if (target === undefined) return null;
  return (
    <Section title="Reached from">
      <ul>
        {addressForms(route.url, target).map(({ label, url, client }) => (
          <li key={label} className="flex min-h-7 items-center gap-3">
            <span className="w-28 shrink-0 text-faint">{label}</span>
            <span className="mono min-w-0 flex-1 truncate" title={url}>
              {url}
            </span>
            <ActionButton
              compact
              label={`Copy ${url}`}
              icon="copy"
              command={client === 'browser' ? lookCommand(route, routes) : urlCommand(target, routes, client)}
              onAct={() => void copyText(url)}
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}
