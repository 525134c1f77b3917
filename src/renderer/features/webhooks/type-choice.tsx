import { type EventType, eventTypes, type Topic } from '#shared/contract/events.ts';
import { Segmented } from '../../components/segmented.tsx';

const groups = [
  { label: 'Services', topics: ['service'] },
  { label: 'Ports', topics: ['lease'] },
  { label: 'Conflicts', topics: ['conflict'] },
  { label: 'Commands', topics: ['operation'] },
  { label: 'CLOS itself', topics: ['engine', 'module', 'system'] },
] as const satisfies ReadonlyArray<{ label: string; topics: readonly Topic[] }>;

const allTypes = Object.keys(eventTypes) as EventType[];

function typesOf(topics: readonly Topic[]): EventType[] {
  return allTypes.filter((type) => topics.includes(eventTypes[type].topic));
}

interface TypeChoiceProps {
  /** Null is every one. */
  value: readonly EventType[] | null;
  onChange: (types: readonly EventType[] | null) => void;
}

/** Which events somebody is told of: all, also of types that are still to come, or some. */
export function TypeChoice({ value, onChange }: TypeChoiceProps) {
  const toggle = (type: EventType) =>
    onChange(allTypes.filter((known) => (known === type) !== (value ?? []).includes(known)));
  return (
    <div className="flex flex-col gap-3">
      <Segmented
        label="Which events"
        options={[
          { value: 'all', label: 'All events' },
          { value: 'some', label: 'Only some' },
        ]}
        value={value === null ? 'all' : 'some'}
        onChange={(which) => onChange(which === 'all' ? null : [])}
      />
      {value !== null &&
        groups.map(({ label, topics }) => (
          <fieldset key={label} className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3">
            <legend className="sr-only">{label}</legend>
            <span aria-hidden="true" className="text-12 leading-6 text-faint">
              {label}
            </span>
            <div className="grid grid-cols-2 gap-x-3">
              {typesOf(topics).map((type) => (
                <label key={type} className="flex h-6 items-center gap-2">
                  <input
                    type="checkbox"
                    checked={value.includes(type)}
                    onChange={() => toggle(type)}
                    className="size-3 accent-(--c-accent-fill)"
                  />
                  <span className="mono truncate">{type}</span>
                </label>
              ))}
            </div>
          </fieldset>
        ))}
    </div>
  );
}
