import { useMutation } from '@tanstack/react-query';
import type { LeaseRow } from '#shared/contract/ports.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { tellFailure } from '../../lib/tell.ts';
import { showToast } from '../../lib/toasts.ts';
import { undoWith } from '../../lib/undo-with.ts';
import { leaseStale } from './lease-stale.ts';
import { leasePort, ownerOf } from './move-lease.ts';
import { reserve } from './reserve-port.ts';

/** Gives a port back. */
export function useRelease() {
  return useMutation({
    mutationFn: ({ id }: LeaseRow) => client.ports.release({ id }),
    onSuccess: (_nothing, lease) => {
      const { port, protocol, note } = lease;
      const owner = ownerOf(lease);
      showToast({
        tone: 'plain',
        title: owner === null ? `:${port} is no longer reserved` : `${owner.service.name} gave :${port} back`,
        command: commandLines.release(port, protocol),
        undo: undoWith(
          () =>
            owner === null ? reserve({ port, protocol, ...(note === null ? {} : { note }) }) : leasePort(owner, port),
          leaseStale,
        ),
      });
    },
    onError: (error, { port }) => tellFailure(`:${port} was not given back`, error, `port ${port}`),
    onSettled: () => markStale(leaseStale),
  });
}
