import { useState } from 'react';
import type { Operation } from '#shared/contract/operations.ts';
import { commandLines } from '../lib/commands.ts';
import { undoOperation } from '../lib/tell.ts';
import { ActionButton } from './action-button.tsx';

/** Puts back what an operation changed, for as long as that can be done. */
export function UndoButton({ operation }: { operation: Operation }) {
  const [busy, setBusy] = useState(false);
  if (!operation.undoable) return null;
  return (
    <ActionButton
      label="Undo"
      icon="undo"
      command={commandLines.undo(operation.id)}
      disabled={busy}
      onAct={() => {
        setBusy(true);
        void undoOperation(operation.id).finally(() => setBusy(false));
      }}
    />
  );
}
