import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { contract } from '#shared/contract/contract.ts';
import type { PortRow } from '#shared/contract/ports.ts';
import { listQuery } from '../../lib/query.ts';
import { usePortMap } from '../../lib/use-port-map.ts';
import { markContested } from './port-map.ts';

const none: readonly PortRow[] = [];

/** Every port that somebody has to do with, and what is known of the reading. Open conflicts mark what is contested. */
export function usePorts() {
  const map = usePortMap();
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const items = map.data?.items ?? none;
  const rows = useMemo(() => markContested(items, conflicts.data ?? []), [items, conflicts.data]);
  return { rows, map };
}
