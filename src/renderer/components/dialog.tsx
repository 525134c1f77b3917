import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Stands at the bottom, outside of what scrolls. */
  footer?: ReactNode;
  width?: 'narrow' | 'wide';
}

/** A modal dialog: the browser keeps the focus inside, Escape and a click beside it close it, and the focus goes back after. */
export function Dialog({ title, onClose, children, footer, width = 'narrow' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // The first thing that takes input, rather than the button that closes.
      dialog.querySelector<HTMLElement>('input:not(:disabled), select, textarea')?.focus();
    }
    return () => dialog?.close();
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, by the dialog itself
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className={`fade-in m-auto max-h-[calc(100dvh-64px)] w-[calc(100dvw-64px)] flex-col overflow-hidden rounded-xl border border-line-strong bg-raised text-text shadow-float open:flex ${width === 'wide' ? 'max-w-[680px]' : 'max-w-[520px]'}`}
    >
      <header className="flex h-11 shrink-0 items-center justify-between border-b pr-2 pl-5">
        <h2 id={titleId} className="text-14 font-semibold">
          {title}
        </h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-5">{children}</div>
      {footer !== undefined && (
        <footer className="flex min-h-12 shrink-0 items-center gap-2 border-t px-5 py-2">{footer}</footer>
      )}
    </dialog>
  );
}
