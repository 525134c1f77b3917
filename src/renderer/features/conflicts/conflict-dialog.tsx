import { Dialog } from '../../components/dialog.tsx';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';
import { ConflictPanel } from './conflict-panel.tsx';

/** The card over the page, wherever a start met a conflict. Once that is resolved it goes away, and a note offers Undo. */
export function ConflictDialog() {
  const { id, close } = useConflictDialog();
  if (id === null) return null;
  return (
    <Dialog title="Conflict" width="wide" onClose={close}>
      <ConflictPanel
        key={id}
        id={id}
        onSettled={({ status }) => {
          if (status === 'succeeded') close();
        }}
      />
    </Dialog>
  );
}
