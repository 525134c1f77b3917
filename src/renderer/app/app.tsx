import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { Toaster } from '../components/toaster.tsx';
import { ConflictPanel } from '../features/conflicts/conflict-panel.tsx';
import { SignInPage } from '../features/sign-in/sign-in-page.tsx';
import { VisitPage } from '../features/visit/visit-page.tsx';
import { connection } from '../lib/connection.ts';
import { followEvents, readyToRead } from '../lib/live.ts';
import { queryClient } from '../lib/query.ts';
import { sessionToken } from '../lib/session.ts';
import { useStore } from '../lib/store.ts';
import { Frame } from './frame.tsx';

function SignedIn() {
  const ready = useStore(readyToRead);
  useEffect(() => {
    const stop = followEvents();
    return () => {
      stop();
      queryClient.clear();
    };
  }, []);
  if (!ready) return <p className="sr-only">Connecting</p>;
  return (
    <Switch>
      <Route path="/visit">
        <VisitPage waysOut={(id, onSettled) => <ConflictPanel id={id} onSettled={onSettled} />} />
        <Toaster />
      </Route>
      <Route>
        <Frame />
      </Route>
    </Switch>
  );
}

/** The desktop's window is always signed in: its channel is its identity. A browser needs a token first. */
export function App({ signInFailure }: { signInFailure: string | null }) {
  const token = useStore(sessionToken);
  const signedIn = connection.kind === 'desktop' || token !== null;
  return (
    <QueryClientProvider client={queryClient}>
      {/* A window that was loaded from a file has no server that knows its paths, so there they stand behind the #. */}
      <Router {...(connection.kind === 'desktop' ? { hook: useHashLocation } : {})}>
        {signedIn ? <SignedIn key={token} /> : <SignInPage failure={signInFailure} />}
      </Router>
    </QueryClientProvider>
  );
}
