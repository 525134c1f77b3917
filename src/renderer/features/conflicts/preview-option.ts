import { useMutation } from '@tanstack/react-query';
import { client } from '../../lib/connection.ts';

/** What an option would do, step by step; changes nothing. */
export function usePreview(conflictId: string) {
  return useMutation({
    mutationFn: (option: string) => client.conflicts.resolve({ id: conflictId, option, dryRun: true }),
  });
}
