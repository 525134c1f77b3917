import { useStore } from '../lib/store.ts';
import { dismissToast, holdToast, letToastGo, type Toast, toasts } from '../lib/toasts.ts';
import { Button, IconButton } from './button.tsx';
import { CommandLine } from './command-line.tsx';

function ToastCard({ toast }: { toast: Toast }) {
  return (
    <div
      className="slide-in pointer-events-auto w-90 rounded-lg border border-line-strong bg-raised py-2 pr-2 pl-4 shadow-float"
      onPointerEnter={() => holdToast(toast.id)}
      onPointerLeave={() => letToastGo(toast.id)}
    >
      <div className="flex items-start gap-2">
        <p className={`min-w-0 flex-1 py-1 font-medium ${toast.tone === 'failed' ? 'text-failed' : ''}`}>
          {toast.title}
        </p>
        {toast.undo !== undefined && (
          <Button
            onClick={() => {
              toast.undo?.();
              dismissToast(toast.id);
            }}
          >
            Undo
          </Button>
        )}
        <IconButton icon="close" label="Put the note away" onClick={() => dismissToast(toast.id)} />
      </div>
      {toast.detail !== undefined && <p className="pr-2 pb-1 break-words text-soft">{toast.detail}</p>}
      {toast.command !== undefined && <CommandLine command={toast.command} className="justify-between" />}
    </div>
  );
}

/** Notes at the edge, read out as they come. */
export function Toaster() {
  const shown = useStore(toasts);
  return (
    <section
      aria-label="Notes"
      aria-live="polite"
      className="pointer-events-none fixed bottom-4 left-48 max-[900px]:left-17 z-50 flex flex-col gap-2"
    >
      {shown.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </section>
  );
}
