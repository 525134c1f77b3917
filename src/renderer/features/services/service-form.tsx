import { onConflictSchema, type RuntimeType } from '#shared/contract/service-spec.ts';
import { Button } from '../../components/button.tsx';
import { CheckField } from '../../components/check-field.tsx';
import { Field, inputClass, TextField } from '../../components/field.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { errorAt, type FieldErrors } from '../../lib/field-errors.ts';
import { onConflictWords } from '../../lib/policy-words.ts';
import { EndpointFields } from './endpoint-fields.tsx';
import { type EndpointDraft, newEndpoint, type ServiceDraft } from './service-draft.ts';
import { TemplateHint } from './template-hint.tsx';

interface FormProps {
  draft: ServiceDraft;
  errors: FieldErrors;
  onChange: (draft: ServiceDraft) => void;
  /** The name is a service's identity: it stays after the first time. */
  nameFixed?: boolean;
}

type PartProps = Pick<FormProps, 'draft'> & {
  set: (part: Partial<ServiceDraft>) => void;
  at: (path: string) => string | undefined;
};

const types: ReadonlyArray<{ value: RuntimeType; label: string; sentence: string }> = [
  { value: 'container', label: 'Container', sentence: 'CLOS runs it in the container engine.' },
  { value: 'process', label: 'Process', sentence: 'CLOS runs the command, and it survives a restart of CLOS.' },
  {
    value: 'external',
    label: 'External',
    sentence: 'Somebody else runs it. CLOS keeps its ports and tells whether it answers.',
  },
];

function Endpoints({ draft, set, at }: PartProps) {
  const setEndpoint = (key: number, next: EndpointDraft | null) =>
    set({ endpoints: draft.endpoints.flatMap((known) => (known.key === key ? (next ?? []) : known)) });
  return (
    <fieldset>
      <legend className="sr-only">Endpoints</legend>
      <ul className="flex flex-col gap-2">
        {draft.endpoints.map((endpoint, index) => (
          <EndpointFields
            key={endpoint.key}
            type={draft.type}
            endpoint={endpoint}
            error={(field) => at(`endpoints.${index}.${field}`)}
            onChange={(next) => setEndpoint(endpoint.key, next)}
            onRemove={() => setEndpoint(endpoint.key, null)}
          />
        ))}
      </ul>
      <Button
        look="quiet"
        icon="plus"
        className="mt-2 -ml-2"
        onClick={() => set({ endpoints: [...draft.endpoints, newEndpoint(draft.endpoints.length === 0)] })}
      >
        Add an endpoint
      </Button>
    </fieldset>
  );
}

/** What CLOS runs: the command and, for a process, its folder; then the environment. */
function Running({ draft, set, at }: PartProps) {
  const isProcess = draft.type === 'process';
  return (
    <>
      <TextField
        label="Command"
        code
        placeholder={isProcess ? 'npm run dev' : "the image's own"}
        hint={isProcess ? 'The program and its arguments; quotes keep words together, no shell is involved' : undefined}
        value={draft.command}
        error={at('runtime.command')}
        onChange={(event) => set({ command: event.target.value })}
      />
      {isProcess && (
        <TextField
          label="Folder"
          code
          placeholder="/home/ada/src/shop"
          value={draft.cwd}
          error={at('runtime.cwd')}
          onChange={(event) => set({ cwd: event.target.value })}
        />
      )}
      <div className="flex flex-col gap-1.5">
        <Field label="Environment" hint="One NAME=value a line" error={at('env')}>
          {(props) => (
            <textarea
              {...props}
              rows={3}
              spellCheck={false}
              className={`${inputClass} mono h-auto resize-y py-1.5 leading-5`}
              value={draft.env}
              onChange={(event) => set({ env: event.target.value })}
            />
          )}
        </Field>
        <TemplateHint draft={draft} />
      </div>
    </>
  );
}

function Limits({ draft, set, at }: PartProps) {
  const fields = [
    ['memory', 'Memory', '256MiB'],
    ['cpus', 'CPUs', '0.5'],
    ['pids', 'Processes', '100'],
  ] as const;
  return (
    <div className="grid grid-cols-3 gap-3">
      {fields.map(([field, label, placeholder]) => (
        <TextField
          key={field}
          label={label}
          code
          placeholder={placeholder}
          value={draft[field]}
          error={at(`limits.${field}`)}
          onChange={(event) => set({ [field]: event.target.value })}
        />
      ))}
    </div>
  );
}

function Behaviour({ draft, set, at }: PartProps) {
  const driven = draft.type !== 'external';
  return (
    <div className="grid grid-cols-3 gap-3">
      <TextField
        label="Health path"
        code
        placeholder="none"
        value={draft.healthPath}
        error={at('healthCheck')}
        onChange={(event) => set({ healthPath: event.target.value })}
      />
      {driven && (
        <Field label="Restart" error={at('restart')}>
          {(props) => (
            <select
              {...props}
              className={inputClass}
              value={draft.restart}
              onChange={({ target: { value } }) =>
                set({ restart: value === 'always' || value === 'on-failure' ? value : 'no' })
              }
            >
              <option value="no">no</option>
              <option value="on-failure">on failure</option>
              <option value="always">always</option>
            </select>
          )}
        </Field>
      )}
      {driven && (
        <Field label="If its port is taken" error={at('onConflict')}>
          {(props) => (
            <select
              {...props}
              className={inputClass}
              value={draft.onConflict}
              onChange={({ target: { value } }) => set({ onConflict: onConflictSchema.parse(value) })}
            >
              {onConflictSchema.options.map((option) => (
                <option key={option} value={option}>
                  {onConflictWords(option)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </div>
  );
}

/** The fields of a service, for registering and for changing one. What does not apply to its type is not there. */
export function ServiceForm({ draft, errors, onChange, nameFixed = false }: FormProps) {
  const set = (part: Partial<ServiceDraft>) => onChange({ ...draft, ...part });
  const parts: PartProps = { draft, set, at: (path) => errorAt(errors, path) };

  return (
    <div className="@container/form flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Segmented label="What runs" options={types} value={draft.type} onChange={(type) => set({ type })} />
        <p className="text-12 text-faint">{types.find(({ value }) => value === draft.type)?.sentence}</p>
      </div>
      <div className={`grid gap-3 ${draft.type === 'container' ? 'grid-cols-[minmax(0,1fr)_minmax(0,2fr)]' : ''}`}>
        <TextField
          label="Name"
          disabled={nameFixed}
          placeholder="web"
          value={draft.name}
          error={parts.at('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        {draft.type === 'container' && (
          <TextField
            label="Image"
            code
            placeholder="nginx:1.29"
            value={draft.image}
            error={parts.at('runtime.image')}
            onChange={(event) => set({ image: event.target.value })}
          />
        )}
      </div>
      <Endpoints {...parts} />
      {draft.type !== 'external' && <Running {...parts} />}
      {draft.type === 'container' && <Limits {...parts} />}
      <Behaviour {...parts} />
      {draft.type !== 'external' && (
        <CheckField
          label="Start on a visit"
          hint="Whoever opens its name in a browser starts it; a program that only sends a request does not."
          checked={draft.startOnVisit}
          onChange={(startOnVisit) => set({ startOnVisit })}
        />
      )}
    </div>
  );
}
