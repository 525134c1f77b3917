import { useCallback } from 'react';
import { useLocation } from 'wouter';
import { Inspector } from '../../components/inspector.tsx';
import { ConflictPanel } from './conflict-panel.tsx';

/** One conflict beside the list: `/conflicts/cfl_…`. */
export function ConflictInspector({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/conflicts'), [navigate]);
  return (
    <Inspector label="Conflict" title={<h2>Conflict</h2>} onClose={close}>
      <div className="p-5">
        <ConflictPanel key={id} id={id} />
      </div>
    </Inspector>
  );
}
