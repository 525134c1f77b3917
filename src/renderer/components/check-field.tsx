import { useId } from 'react';

interface CheckFieldProps {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** Something that is so or not, with a sentence on what it means. */
export function CheckField({ label, hint, checked, onChange }: CheckFieldProps) {
  const hintId = useId();
  return (
    <div className="grid grid-cols-[16px_minmax(0,1fr)] gap-x-2">
      <label className="col-span-2 grid grid-cols-subgrid items-center">
        <input
          type="checkbox"
          aria-describedby={hintId}
          checked={checked}
          onChange={({ target }) => onChange(target.checked)}
          className="size-3.5 accent-(--c-accent-fill)"
        />
        {label}
      </label>
      <p id={hintId} className="col-start-2 text-12 text-faint">
        {hint}
      </p>
    </div>
  );
}
