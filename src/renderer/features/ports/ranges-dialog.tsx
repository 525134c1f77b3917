import { useId, useState } from 'react';
import type { Range } from '#shared/contract/ports.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { InlineProblem } from '../../components/states.tsx';
import { type FieldErrors, refusedFields } from '../../lib/field-errors.ts';
import { usePutRanges } from './put-ranges.ts';
import { checkRanges, newRange, type RangeDraft, rangeCommands, rangeDrafts } from './range-draft.ts';

interface RangeRowProps {
  draft: RangeDraft;
  error: (field: string) => string | undefined;
  onChange: (draft: RangeDraft) => void;
  onRemove: () => void;
}

function RangeRow({ draft, error, onChange, onRemove }: RangeRowProps) {
  const fields = [
    ['name', 'Name', 'apis'],
    ['first', 'First', '4000'],
    ['last', 'Last', '4999'],
  ] as const;
  return (
    <li className="grid grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_28px] items-start gap-2">
      {fields.map(([field, label, placeholder]) => (
        <TextField
          key={field}
          label={label}
          code={field !== 'name'}
          placeholder={placeholder}
          value={draft[field]}
          error={error(field)}
          onChange={(event) => onChange({ ...draft, [field]: event.target.value })}
        />
      ))}
      <IconButton icon="close" label={`Remove the range ${draft.name}`} className="mt-5" onClick={onRemove} />
    </li>
  );
}

/** The ranges that ports are taken from. What is wrong stands at its field, whether the page or the server found it. */
export function RangesDialog({ ranges, onClose }: { ranges: readonly Range[]; onClose: () => void }) {
  const [before] = useState(ranges);
  const [drafts, setDrafts] = useState(() => rangeDrafts(ranges));
  const [errors, setErrors] = useState<FieldErrors>({});
  const formId = useId();
  const change = usePutRanges(before, onClose);
  const commands = rangeCommands(before, drafts);

  const submit = () => {
    const checked = checkRanges(drafts);
    setErrors('errors' in checked ? checked.errors : {});
    if ('errors' in checked) change.reset();
    else change.mutate(checked.items, { onError: (error) => setErrors(refusedFields(error)) });
  };
  const set = (key: number, next: RangeDraft | null) =>
    setDrafts(drafts.flatMap((draft) => (draft.key === key ? (next ?? []) : draft)));

  return (
    <Dialog
      title="Ranges"
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" icon="plus" className="mr-auto -ml-2" onClick={() => setDrafts([...drafts, newRange()])}>
            Add a range
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={formId} disabled={change.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="text-soft">
          A service that asks for no port in particular gets one from its range. Ports that are leased stay where they
          are.
        </p>
        <ul className="flex flex-col gap-2">
          {drafts.map((draft, index) => (
            <RangeRow
              key={draft.key}
              draft={draft}
              error={(field) => errors[`items.${index}.${field}`]}
              onChange={(next) => set(draft.key, next)}
              onRemove={() => set(draft.key, null)}
            />
          ))}
        </ul>
        {errors.items !== undefined && <p className="text-12 text-failed">{errors.items}</p>}
        {change.isError && Object.keys(errors).length === 0 && <InlineProblem error={change.error} />}
        {commands.length > 0 && (
          <div className="flex flex-col border-t pt-2">
            {commands.map((command) => (
              <CommandLine key={command} command={command} className="justify-between" />
            ))}
          </div>
        )}
      </form>
    </Dialog>
  );
}
