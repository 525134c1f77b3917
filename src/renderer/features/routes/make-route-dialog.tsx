import { useId, useState } from 'react';
import type { Route } from '#shared/contract/routes.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { type FieldErrors, refusedFields } from '../../lib/field-errors.ts';
import { useMakeRoute } from './change-route.ts';
import { addCommand } from './route-commands.ts';
import { checkRoute, emptyRoute } from './route-draft.ts';
import { RouteForm } from './route-form.tsx';
import { offeredTargets } from './target-ref.ts';

interface MakeProps {
  routes: readonly Route[];
  onClose: () => void;
  onMade: (route: Route) => void;
}

/** Gives a service, or several in turn, another name. What is wrong stands at its field, whether the page or the server found it. */
export function MakeRouteDialog({ routes, onClose, onMade }: MakeProps) {
  const [draft, setDraft] = useState(emptyRoute);
  const [errors, setErrors] = useState<FieldErrors>({});
  const formId = useId();
  const making = useMakeRoute(onMade);
  const command = addCommand(draft);

  const submit = () => {
    const checked = checkRoute(draft);
    setErrors('errors' in checked ? checked.errors : {});
    if ('errors' in checked) making.reset();
    else making.mutate({ body: checked.body, command }, { onError: (error) => setErrors(refusedFields(error)) });
  };

  return (
    <Dialog
      title="New route"
      onClose={onClose}
      footer={
        <>
          <CommandLine command={command} className="mr-auto" />
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={formId} disabled={making.isPending}>
            Make
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <RouteForm draft={draft} errors={errors} onChange={setDraft} offered={offeredTargets(routes)} />
        {making.isError && Object.keys(errors).length === 0 && (
          <div className="mt-4">
            <InlineProblem error={making.error} />
          </div>
        )}
      </form>
    </Dialog>
  );
}
