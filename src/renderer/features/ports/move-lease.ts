import { useMutation } from '@tanstack/react-query';
import { newId } from '#shared/base/ids.ts';
import type { LeaseRow } from '#shared/contract/ports.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { showToast } from '../../lib/toasts.ts';
import { undoWith } from '../../lib/undo-with.ts';
import { leaseStale } from './lease-stale.ts';

/** Whose lease it is. */
export interface LeaseOwner {
  service: { id: string; name: string };
  endpoint: string;
}

/** Null for a reservation, which belongs to nobody in particular. */
export function ownerOf({ service, endpoint }: LeaseRow): LeaseOwner | null {
  return service === null || endpoint === null ? null : { service, endpoint };
}

export function leasePort({ service, endpoint }: LeaseOwner, port: number | 'auto') {
  return client.ports.lease({ service: service.id, endpoint, port }, { idempotencyKey: newId('req') });
}

interface Move {
  owner: LeaseOwner;
  from: number;
  to: number | 'auto';
}

/** Gives an endpoint another port. What runs keeps the old one until it is started again. */
export function useMoveLease(onMoved: (port: number) => void) {
  return useMutation({
    mutationFn: ({ owner, to }: Move) => leasePort(owner, to),
    onSuccess: ({ port }, { owner, from, to }) => {
      const { service, endpoint } = owner;
      showToast({
        tone: 'plain',
        title: `${service.name}/${endpoint} has :${port} now`,
        detail: `If ${service.name} runs, restart it to move it there.`,
        command: commandLines.move(service.name, endpoint, to),
        undo: undoWith(() => leasePort(owner, from), leaseStale),
      });
      onMoved(port);
    },
    onSettled: () => markStale(leaseStale),
  });
}
