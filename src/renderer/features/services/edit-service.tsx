import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { contract } from '#shared/contract/contract.ts';
import type { ServicePatch } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { client } from '../../lib/connection.ts';
import type { FieldErrors } from '../../lib/field-errors.ts';
import { markStale } from '../../lib/invalidator.ts';
import { showToast } from '../../lib/toasts.ts';
import { checkDraft, draftOf, refusedSpec } from './service-draft.ts';
import { ServiceForm } from './service-form.tsx';

/** Changes a service, on the revision that the form was opened with: what somebody else changed meanwhile is not overwritten. */
export function EditService({ service, onDone }: { service: Service; onDone: () => void }) {
  const [before, setBefore] = useState(service);
  const [draft, setDraft] = useState(() => draftOf(service));
  const [errors, setErrors] = useState<FieldErrors>({});
  const change = useMutation({
    mutationFn: (patch: ServicePatch) =>
      client.services.update({ id: before.id, ...patch }, { ifMatch: before.revision }),
    onSuccess: (changed) => {
      markStale([contract.services.list.id, contract.services.get.id]);
      showToast({
        tone: 'plain',
        title: `${changed.name} was changed`,
        ...(changed.needsRestart ? { detail: 'Restart it to apply the change.' } : {}),
      });
      onDone();
    },
    onError: (error) => setErrors(refusedSpec(error)),
  });

  const submit = () => {
    const checked = checkDraft(draft, before);
    if ('errors' in checked) {
      setErrors(checked.errors);
      change.reset();
      return;
    }
    setErrors({});
    const { name: _name, ...patch } = checked.spec;
    change.mutate(patch);
  };

  const takeNewest = () => {
    setBefore(service);
    setDraft(draftOf(service));
    change.reset();
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
      {service.revision !== before.revision && !change.isPending && (
        <div className="flex items-center justify-between gap-3 rounded-md bg-active px-3 py-2">
          <p>It was changed meanwhile.</p>
          <Button onClick={takeNewest}>Show the change</Button>
        </div>
      )}
      <ServiceForm draft={draft} errors={errors} onChange={setDraft} nameFixed />
      {change.isError && Object.keys(errors).length === 0 && <InlineProblem error={change.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button look="primary" type="submit" disabled={change.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
