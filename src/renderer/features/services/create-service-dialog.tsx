import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { ServiceSpec } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { client } from '../../lib/connection.ts';
import type { FieldErrors } from '../../lib/field-errors.ts';
import { markStale } from '../../lib/invalidator.ts';
import { createCommand } from './create-command.ts';
import { checkDraft, emptyDraft, refusedSpec } from './service-draft.ts';
import { ServiceForm } from './service-form.tsx';

interface CreateProps {
  onClose: () => void;
  onCreated: (service: Service) => void;
}

/** Registers a service. What is wrong stands at its field, whether the page or the server found it. */
export function CreateServiceDialog({ onClose, onCreated }: CreateProps) {
  const [draft, setDraft] = useState(emptyDraft);
  const [errors, setErrors] = useState<FieldErrors>({});
  const formId = useId();
  const creation = useMutation({
    mutationFn: (spec: ServiceSpec) => client.services.create(spec, { idempotencyKey: newId('req') }),
    onSuccess: (service) => {
      markStale([contract.services.list.id]);
      onCreated(service);
    },
    onError: (error) => setErrors(refusedSpec(error)),
  });

  const submit = () => {
    const checked = checkDraft(draft);
    if ('errors' in checked) {
      setErrors(checked.errors);
      creation.reset();
    } else {
      setErrors({});
      creation.mutate(checked.spec);
    }
  };

  return (
    <Dialog
      title="Register a service"
      width="wide"
      onClose={onClose}
      footer={
        <>
          <CommandLine command={createCommand(draft)} className="mr-auto" />
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={formId} disabled={creation.isPending}>
            Register
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
        <ServiceForm draft={draft} errors={errors} onChange={setDraft} />
        {creation.isError && Object.keys(errors).length === 0 && (
          <div className="mt-4">
            <InlineProblem error={creation.error} />
          </div>
        )}
      </form>
    </Dialog>
  );
}
