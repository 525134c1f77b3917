import { useMutation } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Range } from '#shared/contract/ports.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { showToast } from '../../lib/toasts.ts';
import { undoWith } from '../../lib/undo-with.ts';

const stale = [contract.ports.ranges.id, contract.ports.map.id];

/** Replaces the ranges; leases that are given stay where they are. */
export function usePutRanges(before: readonly Range[], onDone: () => void) {
  return useMutation({
    mutationFn: (items: Range[]) => client.ports.putRanges({ items }),
    onSuccess: () => {
      showToast({
        tone: 'plain',
        title: 'The ranges were changed',
        undo: undoWith(() => client.ports.putRanges({ items: [...before] }), stale),
      });
      onDone();
    },
    onSettled: () => markStale(stale),
  });
}
