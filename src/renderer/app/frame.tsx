import { useCallback, useState } from 'react';
import { Link, Redirect, Route, Switch } from 'wouter';
import { Page } from '../components/page.tsx';
import { EmptyState } from '../components/states.tsx';
import { Toaster } from '../components/toaster.tsx';
import { ConflictDialog } from '../features/conflicts/conflict-dialog.tsx';
import { ConflictInspector } from '../features/conflicts/conflict-inspector.tsx';
import { ConflictsPage } from '../features/conflicts/conflicts-page.tsx';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { PortInspector } from '../features/ports/port-inspector.tsx';
import { PortsPage } from '../features/ports/ports-page.tsx';
import { RouteInspector } from '../features/routes/route-inspector.tsx';
import { RoutesPage } from '../features/routes/routes-page.tsx';
import { ServiceInspector } from '../features/services/service-inspector.tsx';
import { ServicesPage } from '../features/services/services-page.tsx';
import { SettingsPage } from '../features/settings/settings-page.tsx';
import { EventInspector } from '../features/timeline/event-inspector.tsx';
import { TimelinePage } from '../features/timeline/timeline-page.tsx';
import { WebhookInspector } from '../features/webhooks/webhook-inspector.tsx';
import { WebhooksPage } from '../features/webhooks/webhooks-page.tsx';
import { portIn } from '../lib/port-state.ts';
import { Palette } from './palette.tsx';
import { Rail } from './rail.tsx';
import { TopLine } from './top-line.tsx';
import { useGlobalKeys } from './use-global-keys.ts';

/** Each list and its inspector are one route, so that the list stays as it is while the inspector comes and goes. */
function Pages() {
  return (
    <Switch>
      <Route path="/">
        <OverviewPage />
      </Route>
      <Route path="/services/:name?/:tab?">
        {({ name, tab }) => (
          <>
            <ServicesPage opened={name ?? null} />
            {name !== undefined && <ServiceInspector key={name} name={name} tab={tab} />}
          </>
        )}
      </Route>
      <Route path="/ports/:port?">
        {({ port: text }) => {
          const port = portIn(text ?? '');
          return (
            <>
              <PortsPage opened={port} />
              {port !== null && <PortInspector key={port} port={port} />}
            </>
          );
        }}
      </Route>
      <Route path="/conflicts/:id?">
        {({ id }) => (
          <>
            <ConflictsPage opened={id ?? null} />
            {id !== undefined && <ConflictInspector id={id} />}
          </>
        )}
      </Route>
      <Route path="/timeline/:seq?">
        {({ seq: text }) => {
          const seq = /^\d{1,15}$/.test(text ?? '') ? Number(text) : null;
          return (
            <>
              <TimelinePage opened={seq} />
              {seq !== null && <EventInspector key={seq} seq={seq} />}
            </>
          );
        }}
      </Route>
      <Route path="/routes/:id?/:tab?">
        {({ id, tab }) => (
          <>
            <RoutesPage opened={id ?? null} />
            {id !== undefined && <RouteInspector key={id} id={id} tab={tab} />}
          </>
        )}
      </Route>
      <Route path="/settings">
        <SettingsPage />
      </Route>
      <Route path="/settings/webhooks/:id?">
        {({ id }) => (
          <>
            <WebhooksPage opened={id ?? null} />
            {id !== undefined && <WebhookInspector key={id} id={id} />}
          </>
        )}
      </Route>
      <Route path="/index.html">
        <Redirect to="/" replace />
      </Route>
      <Route>
        <Page title="Nowhere">
          <EmptyState title="There is no such page">
            <Link href="/" className="text-accent hover:underline">
              Go to the overview
            </Link>
          </EmptyState>
        </Page>
      </Route>
    </Switch>
  );
}

/** One frame: top line, rail, page, inspector. */
export function Frame() {
  const [palette, setPalette] = useState(false);
  const openPalette = useCallback(() => setPalette(true), []);
  useGlobalKeys(openPalette);
  return (
    <div className="flex h-full flex-col">
      <TopLine onPalette={openPalette} />
      <div className="flex min-h-0 flex-1">
        <Rail />
        <main className="flex min-w-0 flex-1">
          <Pages />
        </main>
      </div>
      <ConflictDialog />
      {palette && <Palette onClose={() => setPalette(false)} />}
      <Toaster />
    </div>
  );
}
