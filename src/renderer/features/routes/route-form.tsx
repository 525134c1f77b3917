import { useId } from 'react';
import { localDomain } from '#shared/contract/routes.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { TextField } from '../../components/field.tsx';
import { errorAt, type FieldErrors } from '../../lib/field-errors.ts';
import { newTarget, type RouteDraft, type TargetDraft } from './route-draft.ts';

interface FormProps {
  draft: RouteDraft;
  errors: FieldErrors;
  onChange: (draft: RouteDraft) => void;
  /** What can be led to, by name. */
  offered: readonly string[];
  /** Name and path are a route's identity: they stay after the first time. */
  placeFixed?: boolean;
}

type PartProps = Pick<FormProps, 'draft' | 'errors' | 'offered'> & { set: (part: Partial<RouteDraft>) => void };

function Targets({ draft, errors, offered, set }: PartProps) {
  const listId = useId();
  const { targets } = draft;
  const setTarget = (key: number, next: TargetDraft | null) =>
    set({ targets: targets.flatMap((known) => (known.key === key ? (next ?? []) : known)) });
  return (
    <fieldset>
      <legend className="mb-1 text-12 font-medium text-soft">Leads to</legend>
      <datalist id={listId}>
        {offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <ul className="flex flex-col gap-2">
        {targets.map((target, index) => (
          <li key={target.key} className="grid grid-cols-[minmax(0,1fr)_28px] items-start gap-2">
            <TextField
              label={targets.length === 1 ? 'Service' : `Service ${index + 1}`}
              labelHidden
              code
              list={listId}
              placeholder="web or web/admin"
              value={target.to}
              error={errorAt(errors, `targets.${index}`)}
              onChange={(event) => setTarget(target.key, { ...target, to: event.target.value })}
            />
            <IconButton
              icon="close"
              label={`Do not lead to ${target.to || 'this one'}`}
              disabled={targets.length === 1}
              onClick={() => setTarget(target.key, null)}
            />
          </li>
        ))}
      </ul>
      {errors.targets !== undefined && <p className="mt-1 text-12 text-failed">{errors.targets}</p>}
      <div className="mt-1 flex items-center gap-3">
        <Button look="quiet" icon="plus" className="-ml-2" onClick={() => set({ targets: [...targets, newTarget()] })}>
          Add another
        </Button>
        <p className="text-12 text-faint">Several get the requests in turn.</p>
      </div>
    </fieldset>
  );
}

function Limit({ draft, errors, set }: PartProps) {
  return (
    <div className="grid grid-cols-2 gap-3">
      <TextField
        label="Requests a second"
        code
        inputMode="decimal"
        placeholder="no limit"
        value={draft.requestsPerSecond}
        error={errorAt(errors, 'rateLimit.requestsPerSecond')}
        onChange={(event) => set({ requestsPerSecond: event.target.value })}
      />
      <TextField
        label="At once"
        code
        inputMode="numeric"
        placeholder="as many as a second"
        value={draft.burst}
        error={errorAt(errors, 'rateLimit.burst')}
        onChange={(event) => set({ burst: event.target.value })}
      />
    </div>
  );
}

/** The fields of a route, for making and for changing one. */
export function RouteForm({ draft, errors, onChange, offered, placeFixed = false }: FormProps) {
  const set = (part: Partial<RouteDraft>) => onChange({ ...draft, ...part });
  const parts: PartProps = { draft, errors, offered, set };
  const path = draft.path.trim();
  return (
    <div className="flex flex-col gap-4">
      {!placeFixed && (
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label="Name"
            code
            placeholder="shop"
            hint={`.${localDomain} is added`}
            value={draft.name}
            error={errors.name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextField
            label="Path"
            code
            placeholder="/"
            hint="With all that is below it"
            value={draft.path}
            error={errors.path}
            onChange={(event) => set({ path: event.target.value })}
          />
        </div>
      )}
      {path !== '' && path !== '/' && (
        <CheckField
          label="Strip the path"
          hint={`The service sees what comes after ${path}, as if it were asked for directly.`}
          checked={draft.stripPath}
          onChange={(stripPath) => set({ stripPath })}
        />
      )}
      <Targets {...parts} />
      <Limit {...parts} />
    </div>
  );
}
