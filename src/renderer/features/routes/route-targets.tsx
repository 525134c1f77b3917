import { Link } from 'wouter';
import type { Route, RouteTarget } from '#shared/contract/routes.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Badge } from '../../components/badge.tsx';
import { Section } from '../../components/definition-list.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { commandLines } from '../../lib/commands.ts';
import { targetGlyphs, targetLabel, targetWords } from '../../lib/route-words.ts';
import { useDrain } from './change-route.ts';
import { routeRef, targetRef } from './target-ref.ts';

interface TargetsProps {
  route: Route;
  routes: readonly Route[];
  mayChange: boolean;
}

function Drain({
  route,
  routes,
  target,
  index,
}: Omit<TargetsProps, 'mayChange'> & { target: RouteTarget; index: number }) {
  const drain = useDrain();
  const flag = target.draining ? '--undrain' : '--drain';
  const command = commandLines.setRoute(routeRef(route, routes), [flag, targetRef(target, routes)]);
  return (
    <ActionButton
      label={target.draining ? 'Take requests again' : 'Drain'}
      icon={target.draining ? 'undo' : 'drain'}
      command={command}
      disabled={drain.isPending}
      onAct={() => drain.drain(route, index, { command, label: targetLabel(target) })}
    />
  );
}

function Checkout({ checkout }: Pick<RouteTarget, 'checkout'>) {
  if (checkout === null) return null;
  return (
    <p className="break-words text-soft">
      built from <span className="mono">{checkout.root}</span>
      {checkout.branch !== null && (
        <>
          {' '}
          on <span className="font-medium">{checkout.branch}</span>
        </>
      )}
    </p>
  );
}

/** Where a route leads: each with its address, how it is, and the checkout whose build answers. */
export function RouteTargets({ route, routes, mayChange }: TargetsProps) {
  const { targets, kind } = route;
  // Draining the only one would close the route.
  const mayDrain = ({ draining }: RouteTarget) => kind === 'custom' && mayChange && (draining || targets.length > 1);
  return (
    <Section title={targets.length > 1 ? 'Leads to, in turn' : 'Leads to'}>
      {targets.length === 0 ? (
        <p className="text-soft">Nowhere: the service that it led to was removed.</p>
      ) : (
        <ul className="flex flex-col gap-3">
          {targets.map((target, index) => (
            <li key={targetLabel(target)} className="flex items-start gap-2">
              <span className="mt-1">
                <StatusGlyph status={targetGlyphs[target.state]} />
              </span>
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-baseline gap-x-2">
                  <Link href={`/services/${target.service.name}`} className="font-medium text-accent hover:underline">
                    {targetLabel(target)}
                  </Link>
                  <span className="mono text-soft">{target.address ?? 'no address yet'}</span>
                  {target.draining && <Badge>draining</Badge>}
                </p>
                <p className="break-words text-soft">{targetWords(target)}</p>
                <Checkout checkout={target.checkout} />
                {target.startOnVisit && target.state === 'down' && (
                  <p className="text-soft">A visit in a browser starts it.</p>
                )}
              </div>
              {mayDrain(target) && <Drain route={route} routes={routes} target={target} index={index} />}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
