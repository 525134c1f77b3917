import { useMutation } from '@tanstack/react-query';
import { newId } from '#shared/base/ids.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import type { Protocol } from '../../lib/port-state.ts';
import { showToast } from '../../lib/toasts.ts';
import { undoWith } from '../../lib/undo-with.ts';
import { leaseStale } from './lease-stale.ts';

export interface Reservation {
  port: number;
  protocol: Protocol;
  /** What it is for. */
  note?: string;
}

export function reserve(reservation: Reservation) {
  return client.ports.lease(reservation, { idempotencyKey: newId('req') });
}

/** Keeps a port for nobody in particular: no service gets it by itself. */
export function useReserve() {
  return useMutation({
    mutationFn: reserve,
    onSuccess: ({ id }, reservation) =>
      showToast({
        tone: 'plain',
        title: `:${reservation.port} is reserved`,
        command: commandLines.reserve(reservation.port, reservation.protocol, reservation.note),
        undo: undoWith(() => client.ports.release({ id }), leaseStale),
      }),
    onSettled: () => markStale(leaseStale),
  });
}
