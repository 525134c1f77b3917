import { Link } from 'wouter';
import type { Route } from '#shared/contract/routes.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Button } from '../../components/button.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Definition, Definitions, Section } from '../../components/definition-list.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { UrlLink } from '../../components/url-link.tsx';
import { commandLines } from '../../lib/commands.ts';
import { listWords } from '../../lib/format.ts';
import { routeState, targetLabel } from '../../lib/route-words.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { useRemoveRoute } from './change-route.ts';
import { RouteAddresses } from './route-addresses.tsx';
import { RouteTargets } from './route-targets.tsx';
import { RouteTrafficSection } from './route-traffic.tsx';
import { routeRef } from './target-ref.ts';
import { limitWords } from './traffic-words.ts';

interface DetailsProps {
  route: Route;
  /** All that there are. */
  routes: readonly Route[];
  mayChange: boolean;
  onEdit: () => void;
  onRemoved: () => void;
}

/** The route that has the name of this one, and so gets its requests. */
function Shadow({ by, routes }: { by: string; routes: readonly Route[] }) {
  const other = routes.find(({ id }) => id === by);
  return (
    <p className="mt-2 text-soft">
      {other === undefined ? 'Another route' : <RouteLink route={other} />} has this name, so the requests go there.
      When it is removed, they come here.
    </p>
  );
}

function RouteLink({ route }: { route: Route }) {
  return (
    <Link href={`/routes/${route.id}`} className="text-accent hover:underline">
      The route to {listWords(route.targets.map(targetLabel)) || 'nowhere'}
    </Link>
  );
}

function Held({ id }: { id: string }) {
  const dialog = useConflictDialog();
  return (
    <div className="mt-3 flex items-center justify-between gap-3 rounded-md bg-conflict-wash px-3 py-2">
      <p className="min-w-0">Another program answers there. Nothing is sent to it.</p>
      <Button onClick={() => dialog.open(id)}>Resolve</Button>
    </div>
  );
}

function Actions({ route, routes, onEdit, onRemoved }: Omit<DetailsProps, 'mayChange'>) {
  const remove = useRemoveRoute(onRemoved);
  const ref = routeRef(route, routes);
  return (
    <div className="mt-3 flex gap-2">
      <Button icon="edit" onClick={onEdit}>
        Edit
      </Button>
      <ActionButton
        label="Remove"
        icon="trash"
        command={commandLines.removeRoute(ref)}
        disabled={remove.isPending}
        onAct={() => remove.mutate({ route, ref })}
      />
    </div>
  );
}

/** Everything about a route on one page: how it is, where it leads, how others reach the same, what goes through it. */
export function RouteDetails(props: DetailsProps) {
  const { route, routes, mayChange } = props;
  const { url, kind, shadowedBy, path, stripPath, rateLimit, createdAt, updatedAt } = route;
  const { words, conflictId } = routeState(route);
  return (
    <>
      <div className="border-b px-5 py-4">
        <p className="text-14 break-words first-letter:uppercase">{words}</p>
        <div className="flex min-w-0 items-center gap-1">
          <UrlLink url={url} className="mono min-w-0 truncate">
            {url}
          </UrlLink>
          <CopyButton text={url} label={`Copy ${url}`} />
        </div>
        {shadowedBy !== null && <Shadow by={shadowedBy} routes={routes} />}
        {conflictId !== null && <Held id={conflictId} />}
        {kind === 'custom' && mayChange && <Actions {...props} />}
      </div>
      <RouteTargets route={route} routes={routes} mayChange={mayChange} />
      <RouteAddresses route={route} routes={routes} />
      <RouteTrafficSection id={route.id} />
      <Section title={kind === 'custom' ? 'As made' : 'As it is by itself'}>
        <Definitions>
          <Definition name="Path" mono>
            {path}
            {stripPath && <span className="font-sans text-13 text-soft"> · the service does not see it</span>}
          </Definition>
          <Definition name="Limit">{limitWords(rateLimit)}</Definition>
          {createdAt !== null && (
            <Definition name="Made">
              <RelativeTime iso={createdAt} />
              {updatedAt !== null && updatedAt !== createdAt && (
                <>
                  {' '}
                  · changed <RelativeTime iso={updatedAt} />
                </>
              )}
            </Definition>
          )}
          <Definition name="Id" mono>
            {route.id}
          </Definition>
        </Definitions>
      </Section>
    </>
  );
}
