import { type ComponentProps, type ReactNode, useId } from 'react';

export const inputClass =
  'h-7 w-full min-w-0 rounded-md border border-control bg-page px-2 text-13 text-text placeholder:text-faint aria-invalid:border-failed';

interface FieldProps {
  label: string;
  /** Only for those who do not see what stands around it. */
  labelHidden?: boolean;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: (props: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }) => ReactNode;
}

/** A labelled control with its hint or, in place of it, what is wrong with it. */
export function Field({ label, labelHidden = false, hint, error, className = '', children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className={labelHidden ? 'sr-only' : 'text-12 font-medium text-soft'}>
        {label}
      </label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': note === undefined ? undefined : noteId,
      })}
      {note !== undefined && (
        <p id={noteId} className={`text-12 ${error === undefined ? 'text-faint' : 'text-failed'}`}>
          {note}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, 'children'> &
  Omit<ComponentProps<'input'>, 'children' | 'className' | 'id'> & { code?: boolean };

export function TextField(props: TextFieldProps) {
  const { label, labelHidden = false, hint, error, className = '', code = false, ...input } = props;
  return (
    <Field label={label} labelHidden={labelHidden} hint={hint} error={error} className={className}>
      {(props) => (
        <input
          {...props}
          {...input}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          className={`${inputClass} ${code ? 'mono' : ''}`}
        />
      )}
    </Field>
  );
}
