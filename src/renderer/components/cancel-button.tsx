import { useState } from 'react';
import type { Operation } from '#shared/contract/operations.ts';
import { commandLines } from '../lib/commands.ts';
import { cancelOperation } from '../lib/tell.ts';
import { isOver } from '../lib/watch-operation.ts';
import { ActionButton } from './action-button.tsx';

/** Has an operation end before its next step, for as long as it runs. */
export function CancelButton({ operation }: { operation: Operation }) {
  const [asked, setAsked] = useState(false);
  if (isOver(operation)) return null;
  return (
    <ActionButton
      label={asked ? 'Ending' : 'Cancel'}
      icon="close"
      command={commandLines.cancel(operation.id)}
      disabled={asked}
      onAct={() => {
        setAsked(true);
        void cancelOperation(operation.id).finally(() => setAsked(false));
      }}
    />
  );
}
