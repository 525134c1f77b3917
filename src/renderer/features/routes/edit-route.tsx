import { useState } from 'react';
import type { Route } from '#shared/contract/routes.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { type FieldErrors, refusedFields } from '../../lib/field-errors.ts';
import { routeLabel } from '../../lib/route-words.ts';
import { useChangeRoute } from './change-route.ts';
import { setCommand } from './route-commands.ts';
import { checkRoute, routeDraftOf } from './route-draft.ts';
import { RouteForm } from './route-form.tsx';
import { offeredTargets } from './target-ref.ts';

interface EditProps {
  route: Route;
  routes: readonly Route[];
  onDone: () => void;
}

/** Changes where a route leads and how much it lets through; what runs through it goes on. */
export function EditRoute({ route, routes, onDone }: EditProps) {
  const [draft, setDraft] = useState(() => routeDraftOf(route, routes));
  const [errors, setErrors] = useState<FieldErrors>({});
  const change = useChangeRoute(onDone);
  const command = setCommand(route, draft, routes);

  const submit = () => {
    const checked = checkRoute(draft);
    setErrors('errors' in checked ? checked.errors : {});
    if ('errors' in checked || command === null) {
      change.reset();
      return;
    }
    const { stripPath, rateLimit, targets } = checked.body;
    change.mutate(
      { route, change: { stripPath, rateLimit, targets }, title: `${routeLabel(route)} was changed`, command },
      { onError: (error) => setErrors(refusedFields(error)) },
    );
  };

  return (
    <form
      noValidate
      className="flex flex-col gap-4 p-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <RouteForm draft={draft} errors={errors} onChange={setDraft} offered={offeredTargets(routes)} placeFixed />
      {change.isError && Object.keys(errors).length === 0 && <InlineProblem error={change.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button look="primary" type="submit" disabled={change.isPending || command === null}>
          Save
        </Button>
      </div>
      {command !== null && <CommandLine whole command={command} className="justify-between" />}
    </form>
  );
}
