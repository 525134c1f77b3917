import { Button, IconButton } from '../../components/button.tsx';
import { Field, inputClass, TextField } from '../../components/field.tsx';
import { type EndpointDraft, errorAt, type FieldErrors, newEndpoint, type ServiceDraft } from './service-draft.ts';

interface FormProps {
  draft: ServiceDraft;
  errors: FieldErrors;
  onChange: (draft: ServiceDraft) => void;
  /** The name is a service's identity: it stays after the first time. */
  nameFixed?: boolean;
}

interface EndpointProps {
  endpoint: EndpointDraft;
  error: (field: string) => string | undefined;
  onChange: (endpoint: EndpointDraft) => void;
  onRemove: () => void;
}

function EndpointFields({ endpoint, error, onChange, onRemove }: EndpointProps) {
  const set = (part: Partial<EndpointDraft>) => onChange({ ...endpoint, ...part });
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)_72px_28px] items-start gap-2">
      <TextField
        label="Name"
        value={endpoint.name}
        error={error('name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextField
        label="Container port"
        code
        inputMode="numeric"
        placeholder="80"
        value={endpoint.containerPort}
        error={error('containerPort')}
        onChange={(event) => set({ containerPort: event.target.value })}
      />
      <TextField
        label="Host port"
        code
        placeholder="auto"
        value={endpoint.hostPort}
        error={error('hostPort')}
        onChange={(event) => set({ hostPort: event.target.value === 'auto' ? '' : event.target.value })}
      />
      <Field label="Protocol" error={error('protocol')}>
        {(props) => (
          <select
            {...props}
            className={inputClass}
            value={endpoint.protocol}
            onChange={(event) => set({ protocol: event.target.value === 'udp' ? 'udp' : 'tcp' })}
          >
            <option value="tcp">tcp</option>
            <option value="udp">udp</option>
          </select>
        )}
      </Field>
      <IconButton icon="close" label={`Remove the endpoint ${endpoint.name}`} className="mt-5" onClick={onRemove} />
    </li>
  );
}

/** The fields of a service, for registering and for changing one. */
export function ServiceForm({ draft, errors, onChange, nameFixed = false }: FormProps) {
  const set = (part: Partial<ServiceDraft>) => onChange({ ...draft, ...part });
  const at = (path: string) => errorAt(errors, path);
  const setEndpoint = (key: number, next: EndpointDraft | null) =>
    set({ endpoints: draft.endpoints.flatMap((known) => (known.key === key ? (next ?? []) : known)) });

  return (
    <div className="flex flex-col gap-4">
      <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)] gap-3">
        <TextField
          label="Name"
          disabled={nameFixed}
          placeholder="web"
          value={draft.name}
          error={at('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField
          label="Image"
          code
          placeholder="nginx:1.29"
          value={draft.image}
          error={at('runtime.image')}
          onChange={(event) => set({ image: event.target.value })}
        />
      </div>
      <fieldset>
        <legend className="sr-only">Endpoints</legend>
        <ul className="flex flex-col gap-2">
          {draft.endpoints.map((endpoint, index) => (
            <EndpointFields
              key={endpoint.key}
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
      <TextField
        label="Command"
        code
        placeholder="the image's own"
        value={draft.command}
        error={at('runtime.command')}
        onChange={(event) => set({ command: event.target.value })}
      />
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
      <div className="grid grid-cols-3 gap-3">
        <TextField
          label="Memory"
          code
          placeholder="256MiB"
          value={draft.memory}
          error={at('limits.memory')}
          onChange={(event) => set({ memory: event.target.value })}
        />
        <TextField
          label="CPUs"
          code
          placeholder="0.5"
          value={draft.cpus}
          error={at('limits.cpus')}
          onChange={(event) => set({ cpus: event.target.value })}
        />
        <TextField
          label="Processes"
          code
          placeholder="100"
          value={draft.pids}
          error={at('limits.pids')}
          onChange={(event) => set({ pids: event.target.value })}
        />
      </div>
      <div className="grid grid-cols-3 gap-3">
        <TextField
          label="Health path"
          code
          placeholder="none"
          value={draft.healthPath}
          error={at('healthCheck')}
          onChange={(event) => set({ healthPath: event.target.value })}
        />
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
        <Field label="If its port is taken" error={at('onConflict')}>
          {(props) => (
            <select
              {...props}
              className={inputClass}
              value={draft.onConflict}
              onChange={(event) => set({ onConflict: event.target.value === 'reassign' ? 'reassign' : 'ask' })}
            >
              <option value="ask">ask</option>
              <option value="reassign">take another</option>
            </select>
          )}
        </Field>
      </div>
    </div>
  );
}
