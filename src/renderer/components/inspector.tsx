import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';

interface InspectorProps {
  label: string;
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
}

/** The panel at the right that shows one thing of the list beside it. Escape closes it, and the list has the focus again. */
export function Inspector({ label, title, onClose, children, footer }: InspectorProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog:modal') !== null) return;
      event.preventDefault();
      onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);

  return (
    <aside
      ref={panel}
      aria-label={label}
      className="slide-in flex w-[min(480px,50vw)] shrink-0 flex-col border-l bg-page"
    >
      <header className="flex h-12 shrink-0 items-center gap-2 border-b pr-2 pl-5">
        <div className="flex min-w-0 flex-1 items-center gap-2 text-14 font-semibold">{title}</div>
        <IconButton icon="close" label="Close the inspector" onClick={onClose} />
      </header>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">{children}</div>
      {footer !== undefined && footer !== false && (
        <footer className="flex min-h-11 shrink-0 items-center border-t px-5">{footer}</footer>
      )}
    </aside>
  );
}
