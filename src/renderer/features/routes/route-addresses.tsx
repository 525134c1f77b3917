import type { Route } from '#shared/contract/routes.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { commandLines } from '../../lib/commands.ts';
import { copyText } from '../../lib/copy-text.ts';
import { addressForms } from '../../lib/route-words.ts';
import { targetRef } from './target-ref.ts';

/** How each kind of client reaches what the route leads to first. */
export function RouteAddresses({ route, routes }: { route: Route; routes: readonly Route[] }) {
  const target = route.targets.find(({ draining }) => !draining) ?? route.targets[0];
  if (target === undefined) return null;
  const [service = target.service.name, endpoint = null] = targetRef(target, routes).split('/');
  return (
    <Section title="Reached from">
      <Definitions>
        {addressForms(route.url, target).map(({ label, url, client }) => (
          <Definition key={label} name={label}>
            <span className="flex min-w-0 items-center gap-1">
              <span className="mono min-w-0 flex-1 truncate" title={url}>
                {url}
              </span>
              <ActionButton
                compact
                label={`Copy ${url}`}
                icon="copy"
                command={
                  client === 'browser' && route.kind === 'custom'
                    ? commandLines.showRoute(route.id)
                    : commandLines.url(service, endpoint, client)
                }
                onAct={() => void copyText(url)}
              />
            </span>
          </Definition>
        ))}
      </Definitions>
    </Section>
  );
}
