import type { Ref } from 'react';
import { Icon } from './icons.tsx';

interface FilterBoxProps {
  ref?: Ref<HTMLInputElement>;
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  /** The arrows move through the list while the filter keeps the focus. */
  onMove?: (step: number) => void;
  onEnter?: () => void;
}

/** Filters as you type. `/` comes here, Escape clears and then leaves. */
export function FilterBox({ ref, label, placeholder = 'Filter', value, onChange, onMove, onEnter }: FilterBoxProps) {
  return (
    <div className="flex h-7 w-56 min-w-24 shrink items-center gap-1.5 rounded-md border border-control px-2 text-faint focus-within:outline-2 focus-within:outline-accent">
      <Icon name="search" />
      <input
        ref={ref}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            onMove?.(event.key === 'ArrowDown' ? 1 : -1);
          } else if (event.key === 'Enter') {
            onEnter?.();
            event.currentTarget.blur();
          } else if (event.key === 'Escape') {
            event.preventDefault();
            if (value === '') event.currentTarget.blur();
            else onChange('');
          }
        }}
        className="min-w-0 flex-1 appearance-none bg-transparent [&::-webkit-search-cancel-button]:hidden text-13 text-text outline-none placeholder:text-faint"
      />
      {value === '' && <kbd className="mono">/</kbd>}
    </div>
  );
}
