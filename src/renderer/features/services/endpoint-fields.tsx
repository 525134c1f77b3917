import { IconButton } from '../../components/button.tsx';
import { Field, inputClass, TextField } from '../../components/field.tsx';
import type { EndpointDraft, ServiceDraft } from './service-draft.ts';

interface EndpointProps {
  type: ServiceDraft['type'];
  endpoint: EndpointDraft;
  error: (field: string) => string | undefined;
  onChange: (endpoint: EndpointDraft) => void;
  onRemove: () => void;
}

/** One port that the service offers. Only a container has a port inside; only CLOS may choose a port that it drives. */
export function EndpointFields({ type, endpoint, error, onChange, onRemove }: EndpointProps) {
  const set = (part: Partial<EndpointDraft>) => onChange({ ...endpoint, ...part });
  const inside = type === 'container';
  return (
    <li
      className={`grid items-start gap-2 ${inside ? 'grid-cols-[repeat(3,minmax(0,1fr))_28px] @min-[520px]/form:grid-cols-[repeat(3,minmax(0,1fr))_72px_80px_28px]' : 'grid-cols-[minmax(0,1fr)_minmax(0,1fr)_72px_80px_28px]'}`}
    >
      <TextField
        label="Name"
        value={endpoint.name}
        error={error('name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      {inside && (
        <TextField
          label="Container port"
          code
          inputMode="numeric"
          placeholder="80"
          value={endpoint.containerPort}
          error={error('containerPort')}
          onChange={(event) => set({ containerPort: event.target.value })}
        />
      )}
      <TextField
        label={inside ? 'Host port' : 'Port'}
        code
        placeholder={type === 'external' ? '3000' : 'auto'}
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
      <TextField
        label="Scheme"
        code
        placeholder="auto"
        title="What is spoken there: the scheme of its URL, such as http or postgres. auto: told by its port and its name"
        value={endpoint.scheme}
        error={error('scheme')}
        onChange={(event) => set({ scheme: event.target.value === 'auto' ? '' : event.target.value })}
      />
      <IconButton
        icon="close"
        label={`Remove the endpoint ${endpoint.name}`}
        className={`mt-5 ${inside ? 'col-start-4 row-start-1 @min-[520px]/form:col-start-6' : ''}`}
        onClick={onRemove}
      />
    </li>
  );
}
